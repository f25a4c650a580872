-- The tables of migrations/sqlite, column for column.
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
    FOREACH kept IN ARRAY ARRAY['raised_notice', 'campaign', 'campaign_listing', 'campaign_figure', 'campaign_confirmation']
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

CREATE FUNCTION raised_notice_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM signature WHERE listing_id = NEW.listing_id) THEN
        RAISE EXCEPTION 'a proposal is marked before anybody signs it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER raised_notice_first BEFORE INSERT ON raised_notice
    FOR EACH ROW EXECUTE FUNCTION raised_notice_first();

-- Marks and signatures only ever come, and a proposal is marked before its first signature: what is
-- found here holds at commit.
CREATE FUNCTION signature_in_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.place = 2 AND EXISTS (SELECT 1 FROM raised_notice
            WHERE listing_id = NEW.listing_id AND effective_at < NEW.signed_at + 86400)
        OR NEW.place = 3 AND NOT EXISTS (
            SELECT 1 FROM raised_notice n JOIN signature s ON s.listing_id = n.listing_id AND s.place = 2
            WHERE n.listing_id = NEW.listing_id AND s.signed_at <= NEW.signed_at
                AND NEW.signed_at < n.effective_at) THEN
        RAISE EXCEPTION 'a lawyer signs third, where the tier is raised, with a day of public notice before the effect'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER signature_in_notice BEFORE INSERT ON signature
    FOR EACH ROW EXECUTE FUNCTION signature_in_notice();

CREATE FUNCTION listing_lawyer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'list' AND EXISTS (SELECT 1 FROM raised_notice WHERE listing_id = NEW.listing_id)
        AND NOT EXISTS (SELECT 1 FROM signature WHERE listing_id = NEW.listing_id AND place = 3) THEN
        RAISE EXCEPTION 'a listing of the raised tier needs a lawyer''s signature'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER listing_lawyer BEFORE INSERT ON signed_statement
    FOR EACH ROW EXECUTE FUNCTION listing_lawyer();

CREATE FUNCTION review_case_return() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'listed' AND NEW.state = 'open' AND EXISTS (
        SELECT 1 FROM signed_statement WHERE kind = 'list'
            AND listing_id = (SELECT MAX(listing_id) FROM proposal WHERE case_id = OLD.id)) THEN
        RAISE EXCEPTION 'a listing that is on its way into the log is lifted, not sent back'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER review_case_return BEFORE UPDATE OF state ON review_case
    FOR EACH ROW EXECUTE FUNCTION review_case_return();
