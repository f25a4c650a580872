//! What a node says of itself to whoever asks in class CHAOS (RFC 4892): which of several behind one
//! address it is, where its operator wants that told, and no more of its software than a name.

use hickory_proto::{
    op::ResponseCode,
    rr::{DNSClass, LowerName, RData, Record, RecordType, rdata::TXT},
};
use hickory_server::server::Request;

use crate::{answer::Answer, error::StartError};

/// The longest text that one string of a TXT record holds, in octets.
const LONGEST: usize = 255;

/// What is told; `None` is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `id.server` and `hostname.bind`; at most 255 octets. Not told unless it is given.
    pub name: Option<String>,
    /// `version.server` and `version.bind`; at most 255 octets. `qalqan` unless something else is given.
    pub version: Option<String>,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            name: None,
            version: Some("qalqan".into()),
        }
    }
}

impl Identity {
    /// # Errors
    /// A text that does not fit.
    pub(crate) fn check(&self) -> Result<(), StartError> {
        let mut texts = self.name.iter().chain(&self.version);
        if texts.any(|text| text.len() > LONGEST) {
            return Err(StartError::Config(
                "the identity or the version is longer than 255 octets; give a shorter one",
            ));
        }
        Ok(())
    }

    /// The answer to a question in a class other than IN.
    pub(crate) fn answer(&self, request: &Request, name: &LowerName, kind: RecordType) -> Answer {
        let text = match name.to_string().as_str() {
            "id.server." | "hostname.bind." => self.name.as_deref(),
            "version.server." | "version.bind." => self.version.as_deref(),
            _ => None,
        };
        let wants_text = matches!(kind, RecordType::TXT | RecordType::ANY);
        let Some(text) = text.filter(|_| wants_text) else {
            return Answer::empty(request, ResponseCode::Refused);
        };
        let mut answer = Answer::empty(request, ResponseCode::NoError);
        let text = RData::TXT(TXT::new(vec![text.to_owned()]));
        let mut record = Record::from_rdata(name.into(), 0, text);
        record.dns_class = DNSClass::CH;
        answer.answers.push(record);
        answer
    }
}
