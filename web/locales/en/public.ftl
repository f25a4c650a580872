# Public pages.
home-title = Check an exchange before you send money
home-lead = See whether a crypto exchange is licensed in Kazakhstan, or blocked by an order.
home-blocked-now = { $count ->
    [one] site is blocked now
   *[other] sites are blocked now
}
home-licensed-now = { $count ->
    [one] licensed firm on record
   *[other] licensed firms on record
}
home-two-signatures = signatures stand behind every block
home-latest = Latest decisions
home-all = All listings
home-how-title = How a site comes to be blocked
home-how-1 = A machine finds the site and keeps what it saw as evidence.
home-how-2 = An officer reads the evidence and, with an order attached, signs a proposal.
home-how-3 = A second officer reads it again and signs the same words, or sends it back.
home-how-4 = The decision enters a public log that cannot be rewritten. Only then do name servers refuse the name.
home-not-title = What Qalqan does not do
home-not-1 = It does not open or replace encrypted connections.
home-not-2 = It does not block network addresses that other sites share.
home-not-3 = It does not record who looked up what.

check-title = Result of the check
check-label = Web address, name, licence number or BIN
check-hint = For example: birja.test, the name of an exchange, or a number such as AFSA-A-LA-2025-0001
check-button = Check
check-see-listing = See the order and the reasons
check-not-found-not-safe = “Not found” does not mean “safe”. New sites appear every day, and we only know those we have looked at.
check-why = Why we say so
check-record = What the register says
check-record-other = The record belongs to another address
check-record-reported = What others report; not read in the register
check-addresses = Addresses, each by itself
host-kind-unconfirmed = not confirmed to be the firm’s
host-kind-support = help page
host-kind-group = site of the group, not covered
source-shipped = { $register }: reported by others, not the register itself
register-name-afsa = AFSA register
register-name-nbk-dfa-platforms = National Bank register of platform operators
register-name-nbk-trading-platforms = National Bank register of trading platforms
register-name-afm-reports = Reports of the financial monitoring agency
register-name-afsa-warnings = AFSA warnings
register-name-ministry-restrictions = Restrictions by the ministry
date-undated = undated
field-confidence = How sure
field-notes = Notes
check-mixed-script = The name mixes letters of different alphabets; the odd ones are marked.
check-what-to-do = What to do
check-as-of = As of
check-sources = Sources
check-source = source
check-look-up = Look it up yourself
check-json = This answer as JSON
check-another = Check another site
look-up-afsa = AFSA public register (AIFC)
look-up-nbk = National Bank of Kazakhstan
check-refused-empty = Type a web address, a name, a licence number or a BIN, for example birja.test
check-refused-name = This is not a web address we can read. Type only the site’s name, for example birja.test
check-refused-too-long = That is too long for an address or a name. Type only the site’s name, for example birja.test
check-refused-unseen = That holds characters that cannot be seen. Type it anew instead of pasting it.
check-refused-no-letters = That holds no letter or digit to look for.
check-refused-bin-check = That is not a BIN: the check digit, its last, does not fit the others. Compare the number digit by digit.
check-refused-bin-length = That is not a BIN: a BIN has 12 digits.

verdict-blocked = Blocked by an order
verdict-suspended = Listing suspended
verdict-warned = A regulator has warned about it
verdict-measure = A measure by an authority is reported
verdict-licensed = Licensed
verdict-licence-unconfirmed = Licence not confirmed
verdict-licence-ended = Licence has ended
verdict-licensed-elsewhere = Not the licensed address
verdict-lookalike = Resembles another name
verdict-unknown = We do not know this site
verdict-unknown-name = We do not know this
verdict-foreign = An exchange abroad; no licence known to us
meaning-blocked = Name servers in Kazakhstan are told not to answer for this name. Two officers signed the decision, and it is public.
meaning-suspended = This site was on the list, but a newer licence record covers it. The order is being reviewed and the name is not blocked meanwhile.
meaning-warned = A regulator has published a warning that names this brand. A warning is not an order to block.
meaning-measure = An authority is reported to have acted against this name. It is not on our list, and we block nothing on the strength of a report.
meaning-licensed = A register of Kazakhstan holds a licence for exactly this web address, and its term has not ended.
meaning-licence-unconfirmed = Someone other than the register reports a licence. We could not confirm it in the register itself.
meaning-licence-ended = A register held a licence for this web address, but its term is over.
meaning-licensed-elsewhere = A licence is recorded or reported for a firm connected with this name, but not for this web address.
meaning-lookalike = This name resembles a name we know. That is a resemblance only, not an accusation. Compare the address letter by letter.
meaning-unknown = It is in no register we hold and on no list.
meaning-unknown-name = No register, warning or listing we hold has this name or number.
meaning-foreign = It is known abroad. No register we hold names it for Kazakhstan, and no warning or listing does either.
meaning-by-name = A licence is recorded or reported under this name or number. That clears no site: see the addresses below, each by itself.
todo-blocked-1 = Do not send money or coins to this site.
todo-blocked-2 = If you have money there, try to withdraw it now and keep every receipt and message.
todo-blocked-3 = If you were deceived, report it to the police (102).
todo-suspended-1 = Look the firm up in the register yourself before sending money.
todo-suspended-2 = Compare the address letter by letter.
todo-warned-1 = Read the regulator’s notice before you do anything else.
todo-warned-2 = Do not send money until you have found the firm in a register.
todo-licensed-1 = Check that the address in your browser is exactly this one.
todo-licensed-2 = Lawful trading also needs a connection with a bank in Kazakhstan. Look at the bank named here.
todo-licensed-3 = A licence does not protect you from a fall in prices.
todo-licence-unconfirmed-1 = Look the licence up in the register before sending money. Do not rely on what the site says about itself.
todo-licence-unconfirmed-2 = Ask the firm for its licence number and find that number in the register.
todo-licence-ended-1 = Ask the firm, and look in the register, whether the licence was renewed.
todo-licence-ended-2 = Do not send money until you have seen a live term.
todo-licensed-elsewhere-1 = Use only the web address that stands in the licence.
todo-licensed-elsewhere-2 = Type the address yourself; do not follow links from messages.
todo-lookalike-1 = Compare the two addresses letter by letter.
todo-lookalike-2 = If someone sent you this link, do not follow it. Type the address of the firm you know.
todo-unknown-1 = Look for the firm in the registers linked on this page.
todo-unknown-2 = Do not trust a licence number or a seal shown on the site itself.
todo-unknown-3 = Promised profit, haste, and payment to a private person’s card are signs of fraud.

register-title = Blocked sites
register-lead = Every name that was ever put on the national list, with its order, its reasons and its fate. Nothing is removed from this page when a block is lifted.
register-empty = No name has been listed yet.
register-count = { $count ->
    [one] { $count } listing
   *[other] { $count } listings
}
register-data-title = The list as data
register-data-text = These files are made from the public log. Anyone may download and check them.
register-json = Register as JSON
list-domains = Plain list of names
list-rpz = Policy zone for name servers (RPZ)
list-json = List as JSON
list-others = Other formats:
list-changes = Changes as a feed:

licensed-title = Licences
licensed-lead = Firms that the registers of Kazakhstan name, and firms that other sources report as licensed. Only “Licensed” was read in a register and is in force.
licensed-domain-warning = A licence covers exactly the addresses shown. Another site with the same name or logo is not covered.
licensed-empty = No register has been loaded yet.
licensed-count = { $count ->
    [one] { $count } record
   *[other] { $count } records
}
licensed-as-of = Registers read on: { $date }
licensed-shipped = Rows “reported by others” come with the program. They were not read in any register and confirm nothing: look the firm up before you send money.
licence-live = Licensed
licence-unconfirmed = Not confirmed
licence-ended = Term over
licence-not-yet = Not yet begun
row-basis-register = Read in the register itself
row-basis-letter = Letter of the regulator
row-basis-secondary = Reported by others; not read in the register

listing-decision = The decision
listing-reasons = Reasons
listing-reasons-in-order = The reasons stand in the order named above.
listing-signers = Who signed
listing-signers-text = Two different officers signed the same words. The public record holds their roles and keys, never their names.
listing-appeal = How to appeal
listing-appeal-here = If this is your site, or something here is wrong, object. An officer who did not sign it decides.
listing-appeal-1 = The owner may also write to the authority named in the order: give the listing number, and attach what proves your licence or that you do not serve people in Kazakhstan.
listing-appeal-2 = You may also complain to a higher body or to the administrative court. A wrong listing is annulled and shown here as our error.
listing-money-title = If you have money there
listing-money = Try to withdraw it, keep receipts, messages and wallet addresses, and report to the police (102) if you are refused. Beware of anyone who offers to get it back for a fee.
listing-proof = Proof
listing-json = This listing as JSON
listing-title = Listing of { $name }
meaning-state-scheduled = The decision is signed. The name will stop resolving on the date below unless it is cancelled first.
meaning-state-blocked = Name servers in Kazakhstan are told not to answer for this name.
meaning-state-suspended = A newer licence record covers this name. It is not blocked while the order is reviewed.
meaning-state-guarded = A guard protects this name, so it is not blocked although a decision was signed. The operator has been alarmed.
meaning-state-lifted = The block was lifted. The name resolves as usual.
meaning-state-expired = The listing ended on its date. The name resolves as usual.
meaning-state-annulled = This listing was our error and has been annulled. The name resolves as usual.
reason-public-no-licence = When the decision was made, no register in the public log named this site.
reason-public-evidence = Pages of the site were kept as evidence before the decision; their hash is given here.
lift-code-licensed = The firm received a licence
lift-code-closed = The site closed or stopped serving Kazakhstan
lift-code-error = The listing was a mistake
lift-code-order-cancelled = The order was cancelled

verify-title = How to verify the list
verify-lead = You need not trust this page. Every decision is in a public log that can only grow, and anyone can replay it.
verify-how-title = Three steps
verify-how-1 = Get the file trust.json from the authority in person or from a source you already trust.
verify-how-2 = Run the first command. It downloads the log, checks every signature, and rebuilds the list.
verify-how-3 = If the rebuilt list differs from the published one by a single letter, the command says so and fails.
verify-now-title = The log now
verify-now-text = This is the signed head of the log: its name, its size and its hash.
verify-none = Nothing has been published yet.
verify-proves-title = What this proves
verify-proves-1 = Every blocked name has a public entry signed with two different officers’ keys.
verify-proves-2 = No entry was changed or removed after it was published.
verify-proves-3 = The published lists contain exactly what the log says, no more and no less.
verify-not-title = What it does not prove
verify-not-1 = That a decision was right. For that there is the appeal.
verify-not-2 = That a provider applies only this list.
verify-not-3 = That a person held the key: officers’ keys kept on the server prove the server’s care, not a person’s hand.

privacy-title = Privacy
privacy-lead = This site does not know who you are and does not try to find out.
privacy-1 = Public pages set no cookies, run no scripts and load nothing from other sites.
privacy-2 = We do not store your network address, not even part of it.
privacy-3 = We do not store what you check.
privacy-4 = The name servers keep no list of questions. They only count, and small counts are not shown.
privacy-5 = The public log holds names of sites, hashes, roles and keys. It holds no names of people.
privacy-staff-title = Officers
privacy-staff = The console for officers sets one cookie that holds the sign-in and is deleted on signing out. Every action of an officer is recorded.

block-page-title = Blocked by order
block-title = This site is blocked by an order
block-text = It offers exchange of digital assets to people in Kazakhstan without a licence.
block-details = The order, the reasons, how to appeal
block-money = If you have money there, keep receipts and messages and report to the police (102).
block-check = Check another site
block-neutral-title = Page of the Qalqan name filter
block-neutral-text = The name you came by is not on the national list, so we have nothing to say about it.

# Copies of registers that are too old
source-stale = { $source } (our copy of { $date } is too old to say that a licence is live)
meaning-register-too-old = The register named a licence for this web address, but our copy of it is too old to say that it is still in force.
register-copy-too-old = Our copy of “{ $register }” is from { $date }, more than { $days } days ago. What has changed since is missing here, and no row of it counts as a live licence.
licence-copy-too-old = Not confirmed: our copy is too old
