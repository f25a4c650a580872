//! Forms, their fields and their buttons.

use scraper::ElementRef;
use scraper::node::Element;

use super::Reader;
use crate::document::parts::{field, path};
use crate::document::{Choice, Field, Form, MAX_FORMS, MAX_OPTIONS, clip, collapse};

impl Reader {
    pub(super) fn open_form(&mut self, element: &Element, here: ElementRef<'_>) {
        if self.document.forms.len() >= MAX_FORMS {
            return;
        }
        self.document.forms.push(Form {
            place: path(here),
            action: clip(element.attr("action").unwrap_or_default(), 500).to_owned(),
            method: element.attr("method").unwrap_or("get").to_lowercase(),
            ..Form::default()
        });
        self.forms.push(self.document.forms.len() - 1);
    }

    /// The form that fields met now belong to.
    pub(super) fn form_mut(&mut self) -> &mut Form {
        match self.forms.last() {
            Some(&index) if index < self.document.forms.len() => &mut self.document.forms[index],
            _ => &mut self.loose,
        }
    }

    pub(super) fn select(&mut self, element: &Element, here: ElementRef<'_>) {
        let mut options = Vec::new();
        for node in here.descendants().filter_map(ElementRef::wrap) {
            if node.value().name() == "option" && options.len() < MAX_OPTIONS {
                options.push(Choice {
                    value: clip(node.value().attr("value").unwrap_or_default(), 100).to_owned(),
                    text: collapse(&node.text().collect::<String>(), 200),
                });
            }
        }
        let field = field(element, "select", here, options);
        self.add_field(field);
    }

    pub(super) fn input(&mut self, element: &Element, here: ElementRef<'_>) {
        let kind = match element.name() {
            "textarea" => "textarea".to_owned(),
            _ => clip(element.attr("type").unwrap_or("text"), 20).to_lowercase(),
        };
        if matches!(kind.as_str(), "submit" | "button" | "image") {
            let text = element
                .attr("value")
                .or_else(|| element.attr("alt"))
                .unwrap_or_default();
            let text = collapse(text, 200);
            self.form_mut().buttons.push(text);
            return;
        }
        let mut options = Vec::new();
        if matches!(kind.as_str(), "radio" | "checkbox" | "hidden") {
            options.push(Choice {
                value: clip(element.attr("value").unwrap_or_default(), 100).to_owned(),
                text: String::new(),
            });
        }
        let field = field(element, &kind, here, options);
        self.add_field(field);
    }

    fn add_field(&mut self, field: Field) {
        let form = self.form_mut();
        if form.fields.len() < 500 {
            form.fields.push(field);
        }
    }
}
