# Сети операторов: только для сотрудников.
nav-networks = Сети
networks-title = Сети
networks-lead = Сайты, которые, судя по всему, ведёт один оператор: у них одни и те же кошельки, счётчики или контакты.
networks-totals = По всем сетям
networks-made-of = Из чего сложены суммы
networks-all = Все сети
networks-none = Сетей нет: ни у каких двух сайтов не нашлось общего, что их связало бы.
networks-cuts = Действующие разрывы
net-more = Здесь не показано ещё строк: { $count }; все печатает `qalqan network show`.
net-number = Сеть
net-sites = Сайты
net-kinds = Похоже на
net-listed = В списке
net-open-cases = Открытые дела
net-flagged = Отмечены
net-wallets = Кошельки
net-volumes = Обороты
net-last-seen = Замечен последний раз
net-first-seen = Замечен впервые
net-formed = Сложилась
net-member-since = Здесь с
net-case = Дело
net-total-groups = групп, где есть отмеченный, сомнительный или внесённый в список сайт
net-total-groups-note = кроме них групп, где ничего не найдено: { $count }
net-total-sites = сайтов в этих группах
net-total-listed = в списке: { $count }
net-total-kzt = тенге всего, как указали сотрудники
net-total-usdt = USDT, как указали сотрудники
net-millions = { $number } млн тенге
net-billions = { $number } млрд тенге
net-trillions = { $number } трлн тенге
net-no-volumes-yet = Оборотов пока никто не указал; группы без оборота в сумму не входят.
net-made-statements = { $count ->
    [one] Сложено из { $count } указания сотрудника; источник ниже.
   *[other] Сложено из { $count } указаний сотрудников; источники ниже.
  }
net-made-groups = Оборот указан у { $some } из { $all } групп. Остальные в сумму не входят.
net-made-kzt = Указано в тенге: { $stated } ₸. Пересчитано из USDT по курсу, указанному при каждой сумме: { $converted } ₸.
net-made-no-rate = Сумм в USDT без курса: { $count }. В сумму тенге они не входят.
net-made-overlap = Указаний, чьи дни пересекаются с другим указанием той же сети: { $count }. Одни деньги могли посчитать дважды.
net-made-period = Указания охватывают { $from } – { $to }.
net-period = Период
net-amounts = Оборот
net-source = Источник
net-stated-by = Кто указал
net-at-rate = по курсу { $rate } ₸ на { $date }
net-withdrawal = отозвано
net-volume-gone = не считается
net-volume-edit = исправить

network-title = Сеть { $id }
network-warning = Эти сайты машина объединила по одинаковым приметам. Это сходство, а не доказательство, и оно ничего не блокирует: по каждому сайту решают в его собственном деле.
net-count-sites = { $count ->
    [one] { $count } сайт
    [few] { $count } сайта
   *[many] { $count } сайтов
  }
net-count-listed = в списке: { $count }
net-count-cases = открытых дел: { $count }
net-masked = Телефоны, имена в мессенджерах и адреса почты сокращены. Показать их
net-masked-for-you = Телефоны, имена в мессенджерах и адреса почты сокращены. Сотрудник может увидеть их, указав причину.
net-unmask-hint = Это данные людей. Ваше имя, время и причина записываются и остаются; страница показывается один раз.
net-unmask-why = Для чего они вам
net-unmask = Показать эту страницу целиком, один раз
net-open-now = Телефоны, имена и адреса почты на этот раз показаны целиком; то, что вы их видели, записано.
net-drawing = Схема
net-drawing-title = Что связывает сайты сети { $id }; таблицы ниже говорят то же
net-drawing-hint = Слева сайты, справа то, что их связывает. Полный кружок – в списке, половинный – открыто дело. Сплошная линия связывает сама, прерывистая только вместе с чем-то ещё.
net-drawing-part = Нарисована только часть; таблицы полны.
net-no-sites = Ни один сайт больше не входит в эту сеть.
net-tying = Что их связывает
net-tying-hint = С 1,00 два сайта считаются связанными. Чем меньше сайтов показывают примету, тем больше она весит; приметы об одном и том же считаются один раз.
net-on-sites = { $count ->
    [one] есть на { $count } сайте
   *[other] есть на { $count } сайтах
  }
net-why-alone = Их так мало, что она связывает два сайта сама.
net-why-together = Связывает только вместе с приметой другого вида.
net-where-seen = Где замечено
net-pairs = Пара за парой
net-pair = Два сайта
net-strength = Сила
net-strength-hint = С 1,00 два сайта считаются связанными.
net-by-what = Чем
net-is-cut = Разорвана
net-holds = действует
net-cut-by = сотрудник { $name }, { $date }
net-cut-made = Разорвано
net-cut-taken-back = Разрыв отменён
net-cuts = Разрывы
net-loose = Общее, но не связывает
net-identifier = Примета
net-here = В этой сети
net-anywhere = На всех сайтах
net-why-not = Почему не связывает
net-loose-reserved = Её показывает и сайт с лицензией или под защитой: остальные могли скопировать, поэтому она никого не связывает.
net-loose-common = Такая примета на стольких сайтах об одном операторе ничего не говорит: вес нулевой.
net-loose-cut = Связи, державшиеся на ней, разорвали сотрудники.
net-loose-alone = Одной её мало, чтобы связать два сайта, а приметы другого вида не добавилось.
net-contacts = Телефоны, имена в мессенджерах, адреса почты
net-seen = Когда замечено
net-volumes-hint = То, что сотрудники нашли в документах или в блокчейне. Строка никогда не меняется: более поздняя заменяет её или отзывает.
net-history = Что с ней было
net-month = Месяц
net-month-discovered = Впервые замечено сайтов
net-month-joined = Присоединилось сайтов
net-month-captures = Снято страниц
net-month-identifiers = Впервые замечено примет
net-month-cases = Открыто дел
net-past = Сайты, которые в неё входили
net-event-formed = Сложилась: { $sites }
net-event-grown = Выросла: { $sites }
net-event-merged = Поглотила { $other }: теперь { $sites }
net-event-taken = Вошла в { $other }: там теперь { $sites }
net-event-split = Отделилась от { $other }: { $sites }
net-event-gave = От неё отделилась { $other }: { $sites }
net-event-shrunk = Уменьшилась: { $sites }
net-event-ended = Распалась
net-event-restored = Сложилась снова: { $sites }
net-cause-site = После оценки { $subject }
net-cause-cut = Сотрудник разорвал связь { $subject }
net-cause-undone = Сотрудник отменил разрыв { $subject }
net-cause-mark = Сотрудник отметил как ничью: { $subject }
net-cause-mark-undone = Сотрудник снял отметку «ничья»: { $subject }
net-cause-rebuild = Всё пересчитано заново { $subject }
net-done-cut = Разорвано. Что бы ни нашлось потом, так и останется, пока кто-нибудь не отменит.
net-done-undone = Разрыв отменён.
net-done-volume = Оборот внесён.
net-done-withdrawn = Оборот отозван. Строка остаётся и больше не считается.

tie-title = Что связывает два сайта
tie-gone = Сегодня эти два сайта ничто не связывает.
tie-cut = Разорвать связь
tie-cut-text = Если вы знаете, что это не один оператор. Что бы у них ни было общего, друг друга они больше не свяжут; в одной сети они останутся, если их соединяют другие сайты.
tie-undo = Отменить разрыв
tie-undo-text = Тогда то, что у них общее, снова их свяжет.
tie-why = Причина, для коллег
tie-nothing-to-do = Вам здесь делать нечего.
tie-back = Назад к сети
net-loose-nobodys = Отмечена как ничья: сотрудник { $name }, { $date }. Никого не связывает.
net-marks = Отмечены как ничьи
net-marks-hint = Где бы их ни увидели, они не связывают сайты, пока сотрудник не снимет отметку.
net-done-marked = Отмечено. Сайты она больше не связывает; сети, которые на ней держались, пересчитаны.
net-done-unmarked = Отметка снята. Сети пересчитаны.
mark-summary = Отметить как ничью
mark-text = Если вы знаете, что она не принадлежит ни одному из сайтов, где её видно: контакт студии, которая их делала, ключ поставщика. Тогда она нигде не связывает сайты. Ваше имя, время и причина показываются рядом.
mark-button = Отметить как ничью
mark-undo = Снять отметку
mark-undo-text = Тогда она снова связывает сайты, насколько позволяет её редкость.

volume-title = Добавить оборот
volume-edit-title = Исправить оборот
volume-lead = Сколько эта сеть провела за какие-то дни и откуда это известно. Не оценивайте: пишите то, что стоит в источнике.
volume-amount = Сколько
volume-amount-hint = В тенге, в USDT или в обоих, если источник называет одни и те же деньги двояко. Между тысячами пробел, перед дробью запятая или точка: 24 000 000 000 или 1 250,50.
volume-kzt = Тенге
volume-usdt = Сумма USDT
volume-rate = Тенге за 1 USDT
volume-rate-on = День этого курса
volume-from = Первый день
volume-to = Последний день
volume-source-hint = Документ с номером и датой или место в блокчейне. Другой сотрудник должен суметь это найти.
volume-add = Добавить
volume-replace = Поставить это взамен
volume-withdraw-title = Или отозвать
volume-withdraw = Отозвать

table-title = Внести обороты таблицей
table-lead = Сколько сети оборачивали за какие-то дни и откуда вы это знаете: строка на каждое утверждение. Ничего не оценивайте: пишите то, что стоит в источнике.
table-file = Таблица
table-hint = CSV в UTF-8 со строкой заголовков, не больше 1 МБ и 2000 строк. Вносятся все строки или ни одной. То, что уже внесено, не принимается: дважды отправленная таблица считается один раз.
table-enter = Внести все
table-columns = Что стоит в таблице
table-column = Столбец
table-meaning = Значение
table-needed = в каждой строке
table-either = kzt или usdt в каждой строке
table-optional = может быть пустым
table-of = Номер сети или сайт, который в неё входит
table-example = Например
table-line = Строка { $line }: { $what }
table-more = { $count ->
    [one] Ещё { $count } ошибка.
    [few] Ещё { $count } ошибки.
   *[many] Ещё { $count } ошибок.
  }
net-done-volumes = Обороты из таблицы внесены.
problem-table-file = Выберите файл.
problem-table-utf8 = Файл не в UTF-8. Сохраните его как «CSV UTF-8».
problem-table-empty = В таблице нет строк, кроме заголовка.
problem-table-long = В таблице больше 2000 строк. Разделите её.
problem-table-quotes = что-то не так с кавычкой (знак { $column }). Возьмите всё поле в кавычки, а внутренние удвойте.
problem-table-column = { $name }: такого столбца здесь нет, или он стоит дважды. Столбцы названы ниже.
problem-table-missing = не хватает столбца { $name }.
problem-table-width = в строке должно быть по одному полю на столбец. Поле с запятыми возьмите в кавычки.
problem-table-network = { $name }: такой сети нет, и ни в одну сеть такой сайт не входит.
problem-volume-known = Такой оборот с тем же источником уже внесён. Уберите эту строку.

problem-network-why = Напишите причину, не длиннее 2000 знаков.
problem-network-stale = С этими двумя сайтами делать больше нечего: кто-то успел раньше вас. Прочитайте страницу заново.
problem-mark-stale = Здесь делать больше нечего: кто-то успел раньше вас, или её не показывает ни один сайт. Прочитайте страницу заново.
problem-volume-amount = Напишите сумму больше нуля в тенге или в USDT.
problem-volume-rate = Напишите, сколько тенге стоил один USDT, например 512,35.
problem-volume-rate-alone = Курс пишут вместе с суммой в USDT. Впишите её или уберите курс.
problem-volume-day = Укажите день.
problem-volume-future = Этот день ещё не наступил.
problem-volume-period = Последний день стоит раньше первого.
problem-volume-source = Напишите, откуда взята цифра.
problem-volume-gone = Эту строку тем временем заменили или отозвали. Прочитайте сеть заново.
problem-amount-whole = Целые тенге: только цифры, между тысячами можно пробел.
problem-amount-unreadable = Только цифры, пробел между тысячами и одна запятая или точка перед дробью.
problem-amount-two-ways = Это читается двояко. Для тысяч поставьте пробел, для дроби из трёх знаков добавьте ноль.
problem-amount-too-large = Это больше, чем можно внести. Проверьте нули.

case-network = Сеть
case-network-text = Входит в { $id }, там ещё { $sites }, { $listed }.
case-network-others = { $count ->
    [one] { $count } сайт
    [few] { $count } сайта
   *[many] { $count } сайтов
  }
case-network-reason = Самая сильная связь – с { $host }: { $reason }
case-network-open = открыть сеть

idkind-wallet = кошелёк
idkind-analytics = счётчик посещений
idkind-ads = рекламный кабинет
idkind-chat = учётная запись чата
idkind-captcha = учётная запись капчи
idkind-verification = подтверждение владения
idkind-telegram = имя в Telegram
idkind-phone = телефон
idkind-email = адрес почты
idkind-bin = БИН компании
idkind-favicon = значок
idkind-text = одинаковый текст
idkind-feed = одинаковый файл курсов
idkind-certificate = сертификат
