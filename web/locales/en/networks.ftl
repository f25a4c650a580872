# Operators' networks: for officers only.
nav-networks = Networks
networks-title = Networks
networks-lead = Sites that one operator seems to run: they show the same wallets, counters or contacts.
networks-totals = Over all networks
networks-made-of = What the sums are made of
networks-all = All networks
networks-none = No networks: no two sites share what would tie them.
networks-cuts = Cuts that stand
net-more = { $count } more are not shown here; `qalqan network show` prints all.
net-number = Network
net-sites = Sites
net-kinds = Looks like
net-listed = Listed
net-open-cases = Open cases
net-flagged = Flagged
net-wallets = Wallets
net-volumes = Volumes
net-last-seen = Last seen
net-first-seen = First seen
net-formed = Formed
net-member-since = Here since
net-case = Case
net-total-groups = groups with a flagged, doubtful or listed site
net-total-groups-note = { $count ->
    [one] beside them one group in which nothing was found
   *[other] beside them { $count } groups in which nothing was found
  }
net-total-sites = sites in these groups
net-total-listed = listed: { $count }
net-total-kzt = tenge in all, as officers stated it
net-total-usdt = USDT, as officers stated it
net-millions = { $number } million tenge
net-billions = { $number } billion tenge
net-trillions = { $number } trillion tenge
net-no-volumes-yet = No officer has stated a volume yet; groups without a volume count nothing.
net-made-statements = { $count ->
    [one] Made of one statement by an officer; its source stands below.
   *[other] Made of { $count } statements by officers; their sources stand below.
  }
net-made-groups = { $some } of { $all } groups have a volume. The others count nothing.
net-made-kzt = Stated in tenge: { $stated } ₸. Converted from USDT at the rate stated beside each: { $converted } ₸.
net-made-no-rate = { $count ->
    [one] One amount in USDT has no rate: it is in no sum of tenge.
   *[other] { $count } amounts in USDT have no rate: they are in no sum of tenge.
  }
net-made-overlap = { $count ->
    [one] One statement shares days with another of its network: the same money may be counted twice.
   *[other] { $count } statements share days with others of their networks: the same money may be counted twice.
  }
net-made-period = The statements speak of { $from } to { $to }.
net-period = Period
net-amounts = Volume
net-source = Source
net-stated-by = Stated by
net-at-rate = at { $rate } ₸ on { $date }
net-withdrawal = withdrawn
net-volume-gone = does not count
net-volume-edit = put right

network-title = Network { $id }
network-warning = A machine joined these sites because they show the same things. That is a resemblance, no proof, and blocks nothing: each site is decided in its own case.
net-count-sites = { $count ->
    [one] one site
   *[other] { $count } sites
  }
net-count-listed = { $count ->
    [one] one of them listed
   *[other] { $count } of them listed
  }
net-count-cases = { $count ->
    [one] one open case
   *[other] { $count } open cases
  }
net-masked = Phones, handles and mail addresses are shortened. Show them
net-masked-for-you = Phones, handles and mail addresses are shortened. An officer may see them with a reason.
net-unmask-hint = They are people's. Your name, the time and your reason are written down and stay; the page is shown once.
net-unmask-why = What you need them for
net-unmask = Show this page whole, once
net-open-now = Phones, handles and mail addresses are shown whole this once, and that you saw them is written down.
net-drawing = Drawing
net-drawing-title = What ties the sites of { $id }; the tables below say the same
net-drawing-hint = Sites on the left, what ties them on the right. A full circle is listed, a half one has an open case. A whole line ties by itself, a broken one only together with something else.
net-drawing-part = Only a part is drawn; the tables are whole.
net-no-sites = No site belongs to this network any more.
net-tying = What ties them
net-tying-hint = From 1.00 on two sites are tied. The fewer sites show a thing, the more it counts; things that say the same count once.
net-on-sites = { $count ->
    [one] one site shows it
   *[other] { $count } sites show it
  }
net-why-alone = With so few, it ties two sites by itself.
net-why-together = It ties only together with something of another kind.
net-where-seen = Where it was seen
net-pairs = Pair by pair
net-pair = Two sites
net-strength = Strength
net-strength-hint = From 1.00 on two sites are tied.
net-by-what = By what
net-is-cut = Cut
net-holds = holds
net-cut-by = { $name }, { $date }
net-cut-made = Cut
net-cut-taken-back = Cut taken back
net-cuts = Cuts
net-loose = Shared, and not tying
net-identifier = What
net-here = Sites here
net-anywhere = Sites anywhere
net-why-not = Why it does not tie
net-loose-reserved = A licensed or protected site shows it too: the others may have copied it, so it ties nobody.
net-loose-common = Of this kind, on so many sites, it says nothing of one operator: it counts nothing.
net-loose-cut = Officers cut the ties that rested on it.
net-loose-alone = Not enough by itself to tie two sites, and nothing of another kind came to it.
net-contacts = Phones, handles, mail addresses
net-seen = Seen
net-volumes-hint = What officers found in papers or on a chain. A row is never changed: a later one takes its place or withdraws it.
net-history = What happened to it
net-month = Month
net-month-discovered = Sites first seen
net-month-joined = Sites joined
net-month-captures = Pages captured
net-month-identifiers = Identifiers first seen
net-month-cases = Cases opened
net-past = Sites that belonged to it once
net-event-formed = Formed: { $sites }
net-event-grown = Grown to { $sites }
net-event-merged = Took in { $other }: now { $sites }
net-event-taken = Taken into { $other }: there now { $sites }
net-event-split = Came out of { $other } with { $sites }
net-event-gave = { $other } came out of it with { $sites }
net-event-shrunk = Shrunk to { $sites }
net-event-ended = Ended
net-event-restored = Restored: { $sites }
net-cause-site = After { $subject } was assessed
net-cause-cut = An officer cut { $subject }
net-cause-undone = An officer took back the cut of { $subject }
net-cause-mark = An officer marked as nobody’s: { $subject }
net-cause-mark-undone = An officer took back the mark “nobody’s”: { $subject }
net-cause-rebuild = Everything was computed anew { $subject }
net-done-cut = Cut. It stays cut whatever is seen later, until somebody takes it back.
net-done-undone = The cut is taken back.
net-done-volume = The volume is entered.
net-done-withdrawn = The volume is withdrawn. Its row stays and counts no more.

tie-title = What ties two sites
tie-gone = Nothing ties these two sites today.
tie-cut = Cut this tie
tie-cut-text = Where you know that these two are not one operator's. They no longer tie each other, whatever they share; they stay in one network if other sites connect them.
tie-undo = Take the cut back
tie-undo-text = Then what they share ties them again.
tie-why = Reason, for colleagues
tie-nothing-to-do = There is nothing for you to do here.
tie-back = Back to the network
net-loose-nobodys = Marked as nobody’s by { $name }, { $date }: it ties nobody.
net-marks = Marked as nobody’s
net-marks-hint = These tie no sites, wherever they are seen, until an officer takes the mark back.
net-done-marked = Marked. It ties no sites any more; networks that rested on it were computed anew.
net-done-unmarked = The mark is taken back. Networks were computed anew.
mark-summary = Mark as nobody’s
mark-text = Where you know that this belongs to none of the sites that show it: the contact of a studio that built them, the key of a vendor. Then it ties no sites anywhere. Your name, the time and your reason are shown beside it.
mark-button = Mark as nobody’s
mark-undo = Take the mark back
mark-undo-text = Then it ties sites again, as far as its rarity allows.

volume-title = Add a volume
volume-edit-title = Put a volume right
volume-lead = What this network turned over in some days, and how you know. Nothing is estimated: write what the source says.
volume-amount = How much
volume-amount-hint = In tenge, in USDT, or both where the source names both for the same money. Spaces between thousands; a comma or a point before the fraction: 24 000 000 000 or 1 250,50.
volume-kzt = Tenge
volume-usdt = USDT
volume-rate = Tenge for 1 USDT
volume-rate-on = Day of that rate
volume-from = First day
volume-to = Last day
volume-source-hint = Paper with number and date, or the place on the chain. Another officer must be able to find it.
volume-add = Add
volume-replace = Put this in its place
volume-withdraw-title = Or withdraw it
volume-withdraw = Withdraw

table-title = Enter volumes from a table
table-lead = What networks turned over in some days, and how you know: a line for each statement. Nothing is estimated: write what the source says.
table-file = The table
table-hint = CSV in UTF-8 with a header line, at most 1 MB and 2000 lines. All lines are entered, or none. What stands already is refused, so that a table sent twice counts once.
table-enter = Enter all
table-columns = What stands in the table
table-column = Column
table-meaning = Meaning
table-needed = in every line
table-either = one of kzt and usdt in every line
table-optional = may be empty
table-of = The network’s number, or a site that belongs to it
table-example = For example
table-line = Line { $line }: { $what }
table-more = { $count ->
    [one] One more is wrong.
   *[other] { $count } more are wrong.
  }
net-done-volumes = The volumes of the table are entered.
problem-table-file = Choose a file.
problem-table-utf8 = The file is not UTF-8. Save it as “CSV UTF-8”.
problem-table-empty = The table has no line beside its header.
problem-table-long = The table has more than 2000 lines. Part it.
problem-table-quotes = something is wrong with a quote (sign { $column }). Put the whole field in quotes and double those inside.
problem-table-column = { $name } is no column of this table, or stands twice. The columns are named below.
problem-table-missing = the column { $name } is missing.
problem-table-width = this line needs one field for each column. Put a field with commas in quotes.
problem-table-network = { $name } is no network, and no site of one.
problem-volume-known = The same volume with the same source stands already. Take the line out.

problem-network-why = Write the reason, in at most 2000 characters.
problem-network-stale = Between these two sites there is nothing to do any more: somebody was here before you. Read the page again.
problem-mark-stale = There is nothing to do here any more: somebody was here before you, or no site shows it. Read the page again.
problem-volume-amount = Write an amount in tenge or in USDT, larger than nothing.
problem-volume-rate = Write how many tenge one USDT was worth, such as 512,35.
problem-volume-rate-alone = A rate belongs to an amount in USDT. Write that, or leave the rate out.
problem-volume-day = Give the day.
problem-volume-future = This day has not come yet.
problem-volume-period = The last day lies before the first.
problem-volume-source = Write where the figure comes from.
problem-volume-gone = This row was replaced or withdrawn meanwhile. Read the network again.
problem-amount-whole = Whole tenge: digits only, with spaces between thousands if you like.
problem-amount-unreadable = Digits only, with spaces between thousands and one comma or point before the fraction.
problem-amount-two-ways = This reads in two ways. For thousands put a space; for a fraction of three digits add a zero.
problem-amount-too-large = This is larger than can be entered. Check the zeros.

case-network = Network
case-network-text = Belongs to { $id } with { $sites }, { $listed }.
case-network-others = { $count ->
    [one] one other site
   *[other] { $count } other sites
  }
case-network-reason = Strongest tie, to { $host }: { $reason }
case-network-open = open the network

idkind-wallet = wallet
idkind-analytics = visitor counter
idkind-ads = advertising account
idkind-chat = chat account
idkind-captcha = captcha account
idkind-verification = proof of ownership
idkind-telegram = Telegram handle
idkind-phone = phone
idkind-email = mail address
idkind-bin = BIN of the firm
idkind-favicon = icon
idkind-text = same text
idkind-feed = same rates feed
idkind-certificate = certificate
