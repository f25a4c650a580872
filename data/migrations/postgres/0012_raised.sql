-- The tables of migrations/sqlite, column for column.
-- Campaigns: what is said in public of turnover, of what was seized, and of how much was found, each
-- figure entered by one officer and confirmed by another.

CREATE TABLE campaign (                           -- append-only
    code         TEXT COLLATE "C" PRIMARY KEY,    -- shown in public
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

DO $$
DECLARE kept TEXT;
BEGIN
    FOREACH kept IN ARRAY ARRAY['campaign', 'campaign_listing', 'campaign_figure', 'campaign_confirmation']
    LOOP
        EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_keeps', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION append_only()',
            kept || '_stays', kept);
        EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION append_only()',
            kept || '_whole', kept);
    END LOOP;
END $$;

CREATE FUNCTION campaign_listing_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM signed_statement WHERE kind = 'list' AND listing_id = NEW.listing_id) THEN
        RAISE EXCEPTION 'a campaign holds listings that are fully signed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_listing_signed BEFORE INSERT ON campaign_listing
    FOR EACH ROW EXECUTE FUNCTION campaign_listing_signed();

CREATE FUNCTION campaign_figure_by_officer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- FOR SHARE: an account that is being disabled at this moment is waited for.
    PERFORM 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only an active officer enters figures' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_figure_by_officer BEFORE INSERT ON campaign_figure
    FOR EACH ROW EXECUTE FUNCTION campaign_figure_by_officer();

-- A figure never changes once it is there, so who entered it is the same at commit.
CREATE FUNCTION campaign_confirmation_by_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM officer WHERE id = NEW.officer_id AND role = 'officer' AND disabled_at IS NULL FOR SHARE;
    IF NOT FOUND OR NEW.officer_id = (SELECT officer_id FROM campaign_figure WHERE id = NEW.figure) THEN
        RAISE EXCEPTION 'another active officer confirms a figure'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER campaign_confirmation_by_another BEFORE INSERT ON campaign_confirmation
    FOR EACH ROW EXECUTE FUNCTION campaign_confirmation_by_another();
