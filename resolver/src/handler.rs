//! What happens to one query. [`Resolve::decide`] is everything that needs no waiting: strictness,
//! the list, refusals. What it cannot answer is forwarded. A fast path will one day answer most of
//! `decide` straight from the wire; it must agree with it on every query it takes.
//!
//! The list is looked at before anything that is particular to a type: a listed name gets the same
//! answer for A, HTTPS, ANY and AXFR, with DO, with CD.

use std::{net::IpAddr, sync::Arc};

use hickory_net::{runtime::Time, xfer::Protocol};
use hickory_proto::{
    op::{Header, HeaderCounts, MessageType, OpCode, ResponseCode},
    rr::{
        DNSClass, Name, RData, Record, RecordType,
        rdata::opt::{EdnsCode, EdnsOption},
    },
};
use hickory_server::{
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    answer::{Answer, EDE_OPTION, Ede},
    fast::Fast,
    forward::{Forwarded, Forwarder, Question},
    identity::Identity,
    limits::{COOKIE_OPTION, Checked, Received, Share},
    policy::{PolicyCell, Verdict},
    rpz,
    upstream::AskError,
    wire,
};

/// What to do with a query.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Answered here and now.
    Answer(Box<Answer>),
    /// An upstream has to be asked.
    Forward(Place),
    /// Not a query: answering responses is how two servers talk to each other for ever.
    Silence,
}

/// A place among the questions that wait, of all and of its client's network.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    _share: Share,
}

/// The whole path of a query, shared by all transports.
pub(crate) struct Resolve {
    fast: Arc<Fast>,
    policy: Arc<PolicyCell>,
    forwarder: Forwarder,
    in_flight: Arc<Semaphore>,
    identity: Identity,
}

impl Resolve {
    pub(crate) fn new(
        fast: Arc<Fast>,
        policy: Arc<PolicyCell>,
        forwarder: Forwarder,
        in_flight: usize,
    ) -> Self {
        Self {
            fast,
            policy,
            forwarder,
            in_flight: Arc::new(Semaphore::new(in_flight)),
            identity: Identity::default(),
        }
    }

    /// As this one, saying this of itself.
    pub(crate) fn with_identity(self, identity: Identity) -> Self {
        Self { identity, ..self }
    }

    #[cfg(test)]
    pub(crate) fn fast(&self) -> &Fast {
        &self.fast
    }

    #[cfg(test)]
    pub(crate) fn policy(&self) -> &PolicyCell {
        &self.policy
    }

    /// Everything that can be said without waiting.
    pub(crate) fn decide(&self, request: &Request) -> Decision {
        match self.decided(request) {
            Decision::Answer(mut answer) => {
                self.seal(request, &mut answer);
                Decision::Answer(answer)
            }
            other => other,
        }
    }

    fn decided(&self, request: &Request) -> Decision {
        if request.metadata.message_type == MessageType::Response {
            return Decision::Silence;
        }
        let client = request.src().ip();
        if !self.policy.load().settings().access.admits(client) {
            // Answered, so that a wrong configuration shows; never longer than what was asked.
            let refused = Answer::empty(request, ResponseCode::Refused);
            return Decision::Answer(Box::new(refused));
        }
        if self.forwarder.is_own(request.src()) {
            return Decision::Answer(Box::new(Answer::failed(
                request,
                Ede::NetworkError,
                "an upstream of this resolver asks this resolver: a loop",
            )));
        }
        match self.decide_here(request) {
            Some(decision) => decision,
            None => match self.place(request.src().ip()) {
                Some(place) => Decision::Forward(place),
                None => Decision::Answer(Box::new(Answer::failed(
                    request,
                    Ede::NetworkError,
                    "this resolver has too many queries waiting; ask again",
                ))),
            },
        }
    }

    /// What is said over UDP when a client's network asks too much: that it is to come by another way.
    pub(crate) fn reduced(&self, request: &Request) -> Decision {
        if request.metadata.message_type == MessageType::Response
            || !self
                .policy
                .load()
                .settings()
                .access
                .admits(request.src().ip())
        {
            return Decision::Silence;
        }
        let mut answer = match self.checked(request) {
            Some(checked) if checked.is_known => return self.decide(request),
            Some(_) => Answer::empty(request, ResponseCode::BADCOOKIE),
            None => {
                let mut cut = Answer::empty(request, ResponseCode::NoError);
                cut.metadata.truncation = true;
                cut
            }
        };
        self.seal(request, &mut answer);
        Decision::Answer(Box::new(answer))
    }

    /// What the cookie of a request says, if it has one that can be read.
    fn checked(&self, request: &Request) -> Option<Checked> {
        let received = Received::read(cookie(request)?)?;
        Some(self.fast.guard.cookies.check(&received, request.src().ip()))
    }

    /// Puts what every answer carries into one.
    fn seal(&self, request: &Request, answer: &mut Answer) {
        let (client, checked) = (request.src().ip(), self.checked(request));
        let is_known = checked.is_some_and(|checked| checked.is_known);
        if request.protocol() == Protocol::Udp && !is_known {
            answer.most = self.fast.guard.most(client, request.as_slice().len());
        }
        if let (Some(edns), Some(checked)) = (&mut answer.edns, checked) {
            let data = checked.option.get(4..).unwrap_or_default();
            let option = EdnsOption::Unknown(COOKIE_OPTION, data.to_vec());
            edns.options_mut().insert(option);
        }
    }

    fn place(&self, client: IpAddr) -> Option<Place> {
        Some(Place {
            _share: self.fast.guard.question(client)?,
            _permit: self.in_flight.clone().try_acquire_owned().ok()?,
        })
    }

    fn decide_here(&self, request: &Request) -> Option<Decision> {
        let answer = |answer| Some(Decision::Answer(Box::new(answer)));
        let refuse = |code| answer(Answer::empty(request, code));
        if request.metadata.op_code != OpCode::Query {
            return refuse(ResponseCode::NotImp);
        }
        if request.version() > 0 {
            return refuse(ResponseCode::BADVERS);
        }
        let cookie = cookie(request);
        if cookie.is_some_and(|data| Received::read(data).is_none()) {
            return refuse(ResponseCode::FormErr);
        }
        let query = match request.queries.queries() {
            [query] => query,
            // Somebody only wants a cookie (RFC 7873 §5.4).
            [] if cookie.is_some() => return refuse(ResponseCode::NoError),
            _ => return refuse(ResponseCode::FormErr),
        };
        if !wire::question_is_plain(request.as_slice())
            || request.metadata.truncation
            || !request.answers.is_empty()
        {
            return refuse(ResponseCode::FormErr);
        }
        if query.query_class() != DNSClass::IN {
            let identity = match query.query_class() {
                DNSClass::CH => &self.identity,
                _ => return refuse(ResponseCode::Refused),
            };
            return answer(identity.answer(request, query.name(), query.query_type()));
        }
        let policy = self.policy.load();
        let name = wire::lower(query.original().name());
        let verdict = policy.decide(&name);
        policy.count(&name, &verdict);
        match verdict {
            Verdict::Blocked(blocked) => {
                let page = &policy.settings().page;
                return answer(Answer::blocked(request, page, &blocked));
            }
            Verdict::Rule(hit) => match rpz::answer_for(&hit, request) {
                rpz::Outcome::Pass => {}
                rpz::Outcome::Silence => return Some(Decision::Silence),
                rpz::Outcome::Answer(answer) => return Some(Decision::Answer(answer)),
                // For whoever can wait: `forward`.
                rpz::Outcome::Resolve { .. } => return None,
            },
            Verdict::Open => {}
        }
        match query.query_type() {
            RecordType::ANY => answer(Answer::minimal_any(
                request,
                query.original().name().clone(),
            )),
            // Transfers live on their own port; MAILA and MAILB are gone; meta types are not data.
            RecordType::AXFR | RecordType::IXFR => refuse(ResponseCode::Refused),
            RecordType::ZERO | RecordType::OPT | RecordType::TSIG => refuse(ResponseCode::FormErr),
            RecordType::Unknown(249 | 253 | 254) => refuse(ResponseCode::Refused),
            _ if request.signature.is_some() || !request.authorities.is_empty() => {
                refuse(ResponseCode::FormErr)
            }
            _ => None,
        }
    }

    /// Asks upstreams and checks what they say against the list as it is then.
    pub(crate) async fn forward(&self, request: &Request) -> Answer {
        let mut answer = self.forwarded(request).await;
        self.seal(request, &mut answer);
        answer
    }

    async fn forwarded(&self, request: &Request) -> Answer {
        let Some(query) = request.queries.queries().first() else {
            return Answer::empty(request, ResponseCode::FormErr);
        };
        let dnssec_ok = request
            .edns
            .as_ref()
            .is_some_and(|edns| edns.flags().dnssec_ok);
        let question = Question {
            query: query.original().clone(),
            recursion_desired: request.metadata.recursion_desired,
            checking_disabled: request.metadata.checking_disabled,
            dnssec_ok,
            authentic_data: request.metadata.authentic_data || dnssec_ok,
        };
        if let Some((answer, target)) = self.sent_elsewhere(request, &question) {
            return self.follow(request, &question, *answer, target).await;
        }
        match self.forwarder.ask(&question).await {
            Ok(forwarded) => self.relay(request, &question, forwarded),
            Err(error) => failed(request, error),
        }
    }

    /// The answer to begin with, and the name to go on with, where an operator's rule is a CNAME.
    fn sent_elsewhere(
        &self,
        request: &Request,
        question: &Question,
    ) -> Option<(Box<Answer>, Name)> {
        let policy = self.policy.load();
        let name = wire::lower(question.query.name());
        let Verdict::Rule(hit) = policy.decide(&name) else {
            return None;
        };
        match rpz::answer_for(&hit, request) {
            rpz::Outcome::Resolve { answer, target } => Some((answer, target)),
            _ => None,
        }
    }

    /// Looks up what an operator's CNAME leads to, and puts it behind the CNAME. The list is asked
    /// about the target as about any name; the operator's own rules are not, or they would go round.
    async fn follow(
        &self,
        request: &Request,
        question: &Question,
        mut answer: Answer,
        target: Name,
    ) -> Answer {
        let asked = wire::lower(question.query.name());
        let mut query = question.query.clone();
        query.set_name(target);
        let question = Question {
            query,
            ..question.clone()
        };
        let policy = self.policy.load_full();
        let page = &policy.settings().page;
        let mut led_to = vec![wire::lower(question.query.name())];
        if let Some(blocked) = led_to.iter().find_map(|name| policy.find(name)) {
            return Answer::blocked(request, page, &blocked);
        }
        let Forwarded { message, .. } = match self.forwarder.ask(&question).await {
            Ok(forwarded) => forwarded,
            Err(error) => return failed(request, error),
        };
        led_to.extend(targets(&message.answers));
        if let Some(blocked) = led_to.iter().find_map(|name| policy.find(name)) {
            return Answer::blocked(request, page, &blocked);
        }
        policy.count_aliases(&asked, led_to.iter().map(Vec::as_slice));
        answer.metadata.response_code = message.metadata.response_code;
        answer.answers.extend(message.answers);
        answer.authorities = message.authorities;
        answer
    }

    fn relay(&self, request: &Request, question: &Question, forwarded: Forwarded) -> Answer {
        let Forwarded { message, validated } = forwarded;
        // A listing may have come into force while the upstream was asked, and an innocent name
        // may lead to a listed one: its records must not come through either.
        let policy = self.policy.load();
        let name = wire::lower(question.query.name());
        let mut passed = false;
        let mut verdicts = vec![name];
        verdicts.extend(targets(&message.answers));
        for (place, name) in verdicts.iter().enumerate() {
            match policy.decide(name) {
                Verdict::Blocked(blocked) => {
                    return Answer::blocked(request, &policy.settings().page, &blocked);
                }
                Verdict::Rule(_) if passed => {}
                Verdict::Rule(hit) => match rpz::answer_for(&hit, request) {
                    rpz::Outcome::Pass if place == 0 => passed = true,
                    rpz::Outcome::Answer(answer) => return *answer,
                    // Where an alias leads to is sent nowhere else.
                    _ => {}
                },
                Verdict::Open => {}
            }
        }
        if let Some((name, targets)) = verdicts.split_first() {
            policy.count_aliases(name, targets.iter().map(Vec::as_slice));
        }
        let code = message.metadata.response_code;
        if u16::from(code) > 15 && request.edns.is_none() {
            return Answer::empty(request, ResponseCode::ServFail);
        }
        let mut answer = Answer::empty(request, code);
        answer.metadata.authentic_data =
            message.metadata.authentic_data && validated && question.authentic_data;
        answer.answers = message.answers;
        answer.authorities = message.authorities;
        answer.additionals = message.additionals;
        if let (Some(edns), Some(upstream)) = (&mut answer.edns, &message.edns) {
            for (code, option) in &upstream.options().options {
                if *code == EdnsCode::from(EDE_OPTION) && matches!(option, EdnsOption::Unknown(..))
                {
                    edns.options_mut().options.push((*code, option.clone()));
                }
            }
        }
        answer
    }
}

/// The data of a request's first cookie; further ones do not count (RFC 7873 §5.2).
fn cookie(request: &Request) -> Option<&[u8]> {
    let options = request.edns.as_ref()?.options();
    match options.get(EdnsCode::Cookie)? {
        EdnsOption::Unknown(_, data) => Some(data),
        _ => None,
    }
}

/// The names that an answer leads to through aliases, on the wire and in lower case.
fn targets(answers: &[Record]) -> impl Iterator<Item = Vec<u8>> {
    answers.iter().filter_map(|record| match &record.data {
        RData::CNAME(target) => Some(wire::lower(&target.0)),
        _ => None,
    })
}

fn failed(request: &Request, error: AskError) -> Answer {
    let ede = match error {
        AskError::Silent => Ede::NoReachableAuthority,
        AskError::Unreachable | AskError::TooMany => Ede::NetworkError,
    };
    Answer::failed(request, ede, &error.to_string())
}

/// For transports that hickory-server runs itself (encrypted ones later): the same path.
#[async_trait::async_trait]
impl RequestHandler for Resolve {
    async fn handle_request<R: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut response: R,
    ) -> ResponseInfo {
        let answer = match self.decide(request) {
            Decision::Answer(answer) => *answer,
            Decision::Forward(_place) => self.forward(request).await,
            Decision::Silence => return info(request),
        };
        let message = MessageResponseBuilder::new(&request.queries, answer.edns.as_ref()).build(
            answer.metadata,
            &answer.answers,
            &answer.authorities,
            [],
            &answer.additionals,
        );
        match response.send_response(message).await {
            Ok(sent) => sent,
            Err(error) => {
                tracing::debug!(%error, "an answer could not be sent");
                info(request)
            }
        }
    }
}

fn info(request: &Request) -> ResponseInfo {
    ResponseInfo::from(Header {
        metadata: request.metadata,
        counts: HeaderCounts::default(),
    })
}
