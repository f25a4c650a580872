# What a case page says beside its quotes and moves.
case-dismiss-review = Ask again on the same evidence after
case-dismiss-review-hint = Something new brings the site back at once: a new signal, a stronger finding, another word of the registers.
event-until = Not asked again on the same evidence before { $date }.
event-by-crawler = Crawler, by the machine
event-reopened = Put before officers again
again-title = Closed before, and now something is new
again-after = An earlier case of this site was closed: { $case }.
again-signals = New signals: { $names }.
again-verdict = The machine said then: { $from }. Now: { $to }.
again-standing = The registers said then: { $from }. Now: { $to }.
again-claims = The site speaks of a licence in a way it did not then.
again-review = The day on which it was to be asked again has come.
