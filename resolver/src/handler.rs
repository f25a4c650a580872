//! What happens to one query. [`Resolve::decide`] is everything that needs no waiting: strictness,
//! the list, refusals. What it cannot answer is forwarded. A fast path will one day answer most of
//! `decide` straight from the wire; it must agree with it on every query it takes.
//!
//! The list is looked at before anything that is particular to a type: a listed name gets the same
//! answer for A, HTTPS, ANY and AXFR, with DO, with CD.

use std::sync::Arc;

use hickory_net::runtime::Time;
use hickory_proto::{
    op::{Header, HeaderCounts, LowerQuery, MessageType, OpCode, ResponseCode},
    rr::{
        DNSClass, RData, Record, RecordType,
        rdata::opt::{EdnsCode, EdnsOption},
    },
};
use hickory_server::{
    server::{Request, RequestHandler, ResponseHandler, ResponseInfo},
    zone_handler::MessageResponseBuilder,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{
    access::AccessList,
    answer::{Answer, BlockPage, EDE_OPTION, Ede},
    enforce::DryRun,
    forward::{Forwarded, Forwarder, Question},
    policy::{Blocked, Policy, PolicyCell},
    upstream::AskError,
    wire,
};

/// What to do with a query.
#[derive(Debug)]
pub(crate) enum Decision {
    /// Answered here and now.
    Answer(Box<Answer>),
    /// An upstream has to be asked; the permit bounds how many are at once.
    Forward(OwnedSemaphorePermit),
    /// Not a query: answering responses is how two servers talk to each other for ever.
    Silence,
}

/// The whole path of a query, shared by all transports.
pub(crate) struct Resolve {
    access: AccessList,
    policy: Arc<PolicyCell>,
    page: BlockPage,
    dry_run: Option<DryRun>,
    forwarder: Forwarder,
    in_flight: Arc<Semaphore>,
}

impl Resolve {
    pub(crate) fn new(
        access: AccessList,
        policy: Arc<PolicyCell>,
        page: BlockPage,
        forwarder: Forwarder,
        in_flight: usize,
    ) -> Self {
        Self {
            access,
            policy,
            page,
            dry_run: None,
            forwarder,
            in_flight: Arc::new(Semaphore::new(in_flight)),
        }
    }

    /// Blocks nothing from now on, and counts what would be.
    pub(crate) fn only_count(mut self, dry_run: Option<DryRun>) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Everything that can be said without waiting.
    pub(crate) fn decide(&self, request: &Request) -> Decision {
        if request.metadata.message_type == MessageType::Response {
            return Decision::Silence;
        }
        if !self.access.admits(request.src().ip()) {
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
        match self.answer_here(request) {
            Some(answer) => Decision::Answer(Box::new(answer)),
            None => match self.in_flight.clone().try_acquire_owned() {
                Ok(permit) => Decision::Forward(permit),
                Err(_) => Decision::Answer(Box::new(Answer::failed(
                    request,
                    Ede::NetworkError,
                    "this resolver has too many queries waiting; ask again",
                ))),
            },
        }
    }

    fn answer_here(&self, request: &Request) -> Option<Answer> {
        let refuse = |code| Some(Answer::empty(request, code));
        if request.metadata.op_code != OpCode::Query {
            return refuse(ResponseCode::NotImp);
        }
        if request.version() > 0 {
            return refuse(ResponseCode::BADVERS);
        }
        let [query] = request.queries.queries() else {
            return refuse(ResponseCode::FormErr);
        };
        if !wire::question_is_plain(request.as_slice())
            || request.metadata.truncation
            || !request.answers.is_empty()
        {
            return refuse(ResponseCode::FormErr);
        }
        if query.query_class() != DNSClass::IN {
            // CHAOS names (version.bind, id.server) included: software versions are nobody's
            // business.
            return refuse(ResponseCode::Refused);
        }
        if let Some(answer) = self.blocked(request, query) {
            return Some(answer);
        }
        match query.query_type() {
            RecordType::ANY => Some(Answer::minimal_any(
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

    fn blocked(&self, request: &Request, query: &LowerQuery) -> Option<Answer> {
        let policy = self.policy.load();
        let blocked = self.enforced(policy.find(&wire::lower(query.original().name())))?;
        Some(Answer::blocked(request, &self.page, &blocked))
    }

    /// What is blocked after all: in a dry run nothing, and it is counted.
    fn enforced<'p>(&self, blocked: Option<Blocked<'p>>) -> Option<Blocked<'p>> {
        match &self.dry_run {
            Some(dry_run) if blocked.is_some() => {
                dry_run.count();
                None
            }
            _ => blocked,
        }
    }

    /// Asks upstreams and checks what they say against the list as it is then.
    pub(crate) async fn forward(&self, request: &Request) -> Answer {
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
        match self.forwarder.ask(&question).await {
            Ok(forwarded) => self.relay(request, &question, forwarded),
            Err(error) => {
                let ede = match error {
                    AskError::Silent => Ede::NoReachableAuthority,
                    AskError::Unreachable | AskError::TooMany => Ede::NetworkError,
                };
                Answer::failed(request, ede, &error.to_string())
            }
        }
    }

    fn relay(&self, request: &Request, question: &Question, forwarded: Forwarded) -> Answer {
        let Forwarded { message, validated } = forwarded;
        // A listing may have come into force while the upstream was asked, and an innocent name
        // may lead to a listed one: its records must not come through either.
        let policy = self.policy.load();
        let blocked = match policy.find(&wire::lower(question.query.name())) {
            // A dry run counted it when it was asked for.
            Some(_) if self.dry_run.is_some() => None,
            Some(blocked) => Some(blocked),
            None => self.enforced(blocked_target(&policy, &message.answers)),
        };
        if let Some(blocked) = blocked {
            return Answer::blocked(request, &self.page, &blocked);
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

/// The listing of the first listed name the answer leads to.
fn blocked_target<'p>(policy: &'p Policy, answers: &[Record]) -> Option<Blocked<'p>> {
    answers.iter().find_map(|record| match &record.data {
        RData::CNAME(target) => policy.find(&wire::lower(&target.0)),
        _ => None,
    })
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
            Decision::Forward(_permit) => self.forward(request).await,
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
