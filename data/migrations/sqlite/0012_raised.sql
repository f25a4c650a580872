-- Names of the raised tier: a third, legal signature and a day of public notice.

CREATE TABLE raised_notice (                      -- append-only: proposals of names that a guard list holds as raised
    listing_id   TEXT PRIMARY KEY REFERENCES proposal(listing_id),
    list         TEXT NOT NULL,                   -- the guard list
    protected    TEXT NOT NULL,                   -- the name on it
    effective_at BIGINT NOT NULL                  -- as signed; the notice begins with the second signature
);

-- A listing that waits for a lawyer may be sent back; no other that both officers signed.
INSERT INTO case_step (kind, from_state, to_state) VALUES ('return', 'listed', 'open');

-- Campaigns: what is said in public of turnover, of what was seized, and of how much was found, each
-- figure entered by one officer and confirmed by another.

CREATE TABLE campaign (                           -- append-only
    code         TEXT PRIMARY KEY,                -- shown in public
    title_kk     TEXT NOT NULL,
    title_ru     TEXT NOT NULL,
    title_en     TEXT NOT NULL,
    from_day     TEXT NOT NULL,
    to_day       TEXT NOT NULL,                   -- the last day
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    at           BIGINT NOT NULL,
    CHECK (from_day <= to_day)
);

CREATE TABLE campaign_listing (                   -- append-only: the listings, and so the orders, of a campaign
    campaign     TEXT NOT NULL REFERENCES campaign(code),
    listing_id   TEXT NOT NULL REFERENCES proposal(listing_id),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    at           BIGINT NOT NULL,
    PRIMARY KEY (campaign, listing_id)
);

CREATE TABLE campaign_figure (                    -- append-only: a later row replaces or withdraws
    id           BIGINT PRIMARY KEY,              -- from 1, without a gap: people name it
    campaign     TEXT NOT NULL REFERENCES campaign(code),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    at           BIGINT NOT NULL,
    replaces     BIGINT UNIQUE,                   -- a figure of the same campaign
    kind         TEXT NOT NULL CHECK (kind IN ('turnover', 'seized', 'sites', 'networks', 'people')),
    unit         TEXT NOT NULL CHECK (unit IN ('KZT', 'USDT', 'USD', 'count')),
    amount       BIGINT CHECK (amount >= 0),      -- in the unit's smallest part; none: withdrawn
    rate         BIGINT CHECK (rate > 0),         -- tenge for one unit, in ten-thousandths
    rate_on      TEXT,                            -- the day of the rate
    rate_source  TEXT,                            -- who gave it
    source       TEXT NOT NULL,                   -- where the figure comes from; of a withdrawal: why
    document     TEXT,                            -- hex SHA-256 of the paper it stands in
    listing_id   TEXT,                            -- the listing of the campaign whose order it belongs to
    UNIQUE (id, campaign),
    FOREIGN KEY (replaces, campaign) REFERENCES campaign_figure(id, campaign),
    FOREIGN KEY (campaign, listing_id) REFERENCES campaign_listing(campaign, listing_id),
    CHECK ((kind IN ('turnover', 'seized')) = (unit <> 'count')),
    CHECK ((rate IS NULL) = (rate_on IS NULL) AND (rate IS NULL) = (rate_source IS NULL)),
    CHECK (rate IS NULL OR unit IN ('USDT', 'USD')),
    CHECK (amount IS NOT NULL OR replaces IS NOT NULL)
);
CREATE INDEX campaign_figure_campaign ON campaign_figure (campaign);

CREATE TABLE campaign_confirmation (              -- append-only
    figure       BIGINT PRIMARY KEY REFERENCES campaign_figure(id),
    officer_id   TEXT NOT NULL REFERENCES officer(id),
    at           BIGINT NOT NULL
);

CREATE TRIGGER raised_notice_keeps BEFORE UPDATE ON raised_notice BEGIN SELECT RAISE(ABORT, 'raised_notice is append-only'); END;
CREATE TRIGGER raised_notice_stays BEFORE DELETE ON raised_notice BEGIN SELECT RAISE(ABORT, 'raised_notice is append-only'); END;

CREATE TRIGGER raised_notice_first BEFORE INSERT ON raised_notice
WHEN EXISTS (SELECT 1 FROM signature WHERE listing_id = NEW.listing_id)
BEGIN SELECT RAISE(ABORT, 'a proposal is marked before anybody signs it'); END;

CREATE TRIGGER signature_in_notice BEFORE INSERT ON signature
WHEN NEW.place = 2 AND EXISTS (SELECT 1 FROM raised_notice
        WHERE listing_id = NEW.listing_id AND effective_at < NEW.signed_at + 86400)
    OR NEW.place = 3 AND NOT EXISTS (
        SELECT 1 FROM raised_notice n JOIN signature s ON s.listing_id = n.listing_id AND s.place = 2
        WHERE n.listing_id = NEW.listing_id AND s.signed_at <= NEW.signed_at AND NEW.signed_at < n.effective_at)
BEGIN SELECT RAISE(ABORT, 'a lawyer signs third, where the tier is raised, with a day of public notice before the effect'); END;

CREATE TRIGGER listing_lawyer BEFORE INSERT ON signed_statement
WHEN NEW.kind = 'list' AND EXISTS (SELECT 1 FROM raised_notice WHERE listing_id = NEW.listing_id)
    AND NOT EXISTS (SELECT 1 FROM signature WHERE listing_id = NEW.listing_id AND place = 3)
BEGIN SELECT RAISE(ABORT, 'a listing of the raised tier needs a lawyer''s signature'); END;

CREATE TRIGGER review_case_return BEFORE UPDATE OF state ON review_case
WHEN OLD.state = 'listed' AND NEW.state = 'open' AND EXISTS (
    SELECT 1 FROM signed_statement WHERE kind = 'list'
        AND listing_id = (SELECT MAX(listing_id) FROM proposal WHERE case_id = OLD.id))
BEGIN SELECT RAISE(ABORT, 'a listing that is on its way into the log is lifted, not sent back'); END;

CREATE TRIGGER campaign_keeps BEFORE UPDATE ON campaign BEGIN SELECT RAISE(ABORT, 'campaign is append-only'); END;
CREATE TRIGGER campaign_stays BEFORE DELETE ON campaign BEGIN SELECT RAISE(ABORT, 'campaign is append-only'); END;
CREATE TRIGGER campaign_listing_keeps BEFORE UPDATE ON campaign_listing BEGIN SELECT RAISE(ABORT, 'campaign_listing is append-only'); END;
CREATE TRIGGER campaign_listing_stays BEFORE DELETE ON campaign_listing BEGIN SELECT RAISE(ABORT, 'campaign_listing is append-only'); END;
CREATE TRIGGER campaign_figure_keeps BEFORE UPDATE ON campaign_figure BEGIN SELECT RAISE(ABORT, 'campaign_figure is append-only'); END;
CREATE TRIGGER campaign_figure_stays BEFORE DELETE ON campaign_figure BEGIN SELECT RAISE(ABORT, 'campaign_figure is append-only'); END;
CREATE TRIGGER campaign_confirmation_keeps BEFORE UPDATE ON campaign_confirmation BEGIN SELECT RAISE(ABORT, 'campaign_confirmation is append-only'); END;
CREATE TRIGGER campaign_confirmation_stays BEFORE DELETE ON campaign_confirmation BEGIN SELECT RAISE(ABORT, 'campaign_confirmation is append-only'); END;

CREATE TRIGGER campaign_listing_signed BEFORE INSERT ON campaign_listing
WHEN NOT EXISTS (SELECT 1 FROM signed_statement WHERE kind = 'list' AND listing_id = NEW.listing_id)
BEGIN SELECT RAISE(ABORT, 'a campaign holds listings that are fully signed'); END;

CREATE TRIGGER campaign_figure_by_officer BEFORE INSERT ON campaign_figure
WHEN NOT EXISTS (SELECT 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'only an active officer enters figures'); END;

CREATE TRIGGER campaign_confirmation_by_another BEFORE INSERT ON campaign_confirmation
WHEN NEW.officer_id = (SELECT officer_id FROM campaign_figure WHERE id = NEW.figure)
    OR NOT EXISTS (SELECT 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL)
BEGIN SELECT RAISE(ABORT, 'another active officer confirms a figure'); END;
