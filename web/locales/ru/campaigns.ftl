# Кампании и их показатели.
campaigns-title = Кампании в цифрах
campaigns-lead = Каждый показатель внёс один сотрудник и подтвердил другой, с указанием источника. Суммы в других валютах пересчитаны в тенге только там, где рядом указан курс с датой и источником.
campaigns-empty = Показатели ещё не опубликованы.
campaigns-all = Все кампании
campaigns-overlapping = { $count ->
    [one] Дни { $count } кампании пересекаются с более ранней: одно и то же может быть посчитано дважды.
    [few] Дни { $count } кампаний пересекаются с более ранними: одно и то же может быть посчитано дважды.
   *[other] Дни { $count } кампаний пересекаются с более ранними: одно и то же может быть посчитано дважды.
}
campaigns-days = { $from } – { $to }
campaigns-in-tenge = В тенге: { $amount }.
campaigns-without-rate = Не пересчитано, курс не указан: { $amount }.
campaigns-rate = курс { $rate } ₸ на { $on }, { $source }
campaigns-corrects = исправляет показатель { $number }
campaigns-sources = Каждый показатель и его источник
campaigns-listings = Записи:
campaigns-json = То же в виде данных (JSON)
figure-turnover = Оборот
figure-seized = Арестованные активы
figure-sites = Сайты
figure-networks = Сети
figure-people = Люди
