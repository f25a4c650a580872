# Campaigns and their figures.
campaigns-title = Campaigns in figures
campaigns-lead = Each figure was entered by one officer and confirmed by another, with its source. Amounts in other currencies are converted to tenge only where a rate with its day and source stands beside them.
campaigns-empty = No figures have been published yet.
campaigns-all = All campaigns
campaigns-overlapping = { $count ->
    [one] The days of { $count } campaign overlap with an earlier one: the same may be counted twice.
   *[other] The days of { $count } campaigns overlap with earlier ones: the same may be counted twice.
}
campaigns-days = { $from } to { $to }
campaigns-in-tenge = In tenge: { $amount }.
campaigns-without-rate = Not converted, for want of a rate: { $amount }.
campaigns-rate = rate { $rate } ₸ of { $on }, { $source }
campaigns-corrects = corrects figure { $number }
campaigns-sources = Each figure and its source
campaigns-listings = Listings:
campaigns-json = The same as data (JSON)
figure-turnover = Turnover
figure-seized = Seized assets
figure-sites = Sites
figure-networks = Networks
figure-people = People
