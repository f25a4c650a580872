# How listings end: emergency numbers, motions, second looks, dates.
nav-reviews = Reviews
reviews-title = Reviews
reviews-lead = What waits for another officer beside the cases. Overdue first.
reviews-lifts = Lifts to be looked at
reviews-motions = Waiting for a second signature
reviews-dates = Dates that have come
reviews-empty = Nothing waits.
reviews-what = What
reviews-since = Since
reviews-overdue = Overdue lifts: { $count }. Each should have been looked at within one working day.

order-no-follows = not given yet (emergency)
propose-number-hint = May stay empty only when the block is to take effect at once. Two officers must then give the number within 24 hours, or the listing ends.
emergency-title = The number of the order is missing
emergency-text = This is an emergency listing. It ends by itself on { $date } unless two officers give the number of the order before.
emergency-left = { $hours } h { $minutes } min left.
emergency-late = The number of the order did not come by { $date }. The listing ended; propose it anew.
emergency-button = Sign the number

motion-number = Number of the order
motion-lift = Lift beyond the day’s three
motion-annul = Annulment
motion-by = First signature
motion-own = You signed this. Another officer must sign the same words.
motion-button = Sign as the second officer

annul-title = Annul: this listing was our error
annul-text = Takes two officers. The public page then says that it was our error, and search engines are asked not to show it. To unblock at once, lift first.
annul-button = Sign and ask a second officer
annul-code-not-exchange = The site is not an exchange
annul-code-not-kz = The site does not serve Kazakhstan
annul-code-licensed = The firm was licensed
annul-code-wrong-name = Another name was meant
annul-code-no-order = There was no valid order for this name

review-title = Second look at the lift
review-by = Lifted by
review-due = To be looked at by { $date }
review-overdue = Overdue since { $date }
review-own = You lifted this. Another officer must look at it.
review-outcome = The lift was
review-confirm = right
review-reverse = wrong: open the case again (the name stays off the list until two officers list it anew)
review-button = Decide

question-review = The date for the review has come
question-expiry = The listing is about to end
question-since = The site was sent to be visited again on { $date }.
question-found = Found
question-text = Keep the listing here, or lift or annul it below.
finding-waiting = The visit is not made yet.
finding-licensed = A live licence covers the site. Its order is to be cancelled.
finding-exchange = Visited and assessed on { $date }: still looks like an exchange that serves Kazakhstan.
finding-gone = Visited and assessed on { $date }: does not look like such an exchange any more.
finding-silent = The site did not answer us ({ $what }). We look from one place only: this alone is no reason to lift.
keep-reason = Why the listing is kept
keep-button = Keep it until its end

done-lift-waits = You have made three lifts today. This one waits for a second officer’s signature.
done-moved = Your signature is stored. Now a second officer must sign.
done-numbered = The number is being written to the log. The listing stands until its own end.
done-annulled = The listing is annulled. The name servers follow within seconds.
done-confirmed = The lift is confirmed.
done-reversed = The case is open again. The name stays off the list until two officers list it anew.
done-kept = The listing is kept.
problem-number-known = The order of this listing has its number already.
problem-number-late = The number did not come within 24 hours, so the listing ended. Propose it anew.
problem-own-lift = You lifted this listing. Another officer must look at it.
problem-field-outcome = Say whether the lift was right.
event-number = Signed the number of the order
event-annul-propose = Asked to annul the listing
event-annul = Annulled the listing
event-confirm-lift = Confirmed the lift
event-reverse-lift = Reversed the lift: the case is open again
event-keep = Kept the listing
reason-public-annulled = What was decided about this site was wrong. It stays in the log because nothing can be removed there.
