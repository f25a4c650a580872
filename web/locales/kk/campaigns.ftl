# Науқандар және олардың көрсеткіштері.
campaigns-title = Науқандар сандармен
campaigns-lead = Әр көрсеткішті бір қызметкер енгізіп, басқасы растаған, дереккөзі көрсетілген. Басқа валютадағы сомалар қасында күні мен дереккөзі бар бағам тұрған жерде ғана теңгеге аударылған.
campaigns-empty = Көрсеткіштер әлі жарияланған жоқ.
campaigns-all = Барлық науқан
campaigns-overlapping = { $count ->
    [one] { $count } науқанның күндері бұрынғысымен қабаттасады: бір нәрсе екі рет саналуы мүмкін.
   *[other] { $count } науқанның күндері бұрынғыларымен қабаттасады: бір нәрсе екі рет саналуы мүмкін.
}
campaigns-days = { $from } – { $to }
campaigns-in-tenge = Теңгемен: { $amount }.
campaigns-without-rate = Бағамы көрсетілмегендіктен аударылмаған: { $amount }.
campaigns-rate = бағам { $rate } ₸, { $on }, { $source }
campaigns-corrects = { $number } көрсеткішін түзетеді
campaigns-sources = Әр көрсеткіш және оның дереккөзі
campaigns-listings = Жазбалар:
campaigns-json = Сол деректер (JSON)
figure-turnover = Айналым
figure-seized = Тыйым салынған активтер
figure-sites = Сайттар
figure-networks = Желілер
figure-people = Адамдар
