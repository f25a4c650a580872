-- What the registers say of each site, as it was matched last, and the cases that follow from them.

CREATE TABLE site_match (
    host          TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES site(host),
    verdict       TEXT NOT NULL,                  -- of licence_match, to be read without it
    licence_match TEXT NOT NULL,                  -- JSON: the match, and each claim as it was weighed
    claims        TEXT NOT NULL,                  -- JSON: the claims as they were read on the pages
    matched_at    BIGINT NOT NULL                 -- when this came to be what the registers say
);

ALTER TABLE review_case ADD COLUMN reason TEXT NOT NULL DEFAULT 'assessment'
    CHECK (reason IN ('assessment', 'licence', 'cancel')); -- what is asked of people
ALTER TABLE review_case ADD COLUMN fact TEXT;     -- what of a register it follows from; NULL once it holds no more
ALTER TABLE review_case ADD COLUMN about TEXT REFERENCES proposal(listing_id); -- the listing to be cancelled

-- A listed site has its case already; whether its order is to be cancelled is another.
DROP INDEX one_live_case;
CREATE UNIQUE INDEX one_live_case ON review_case (host)
    WHERE state IN ('open', 'proposed', 'listed') AND reason <> 'cancel';
CREATE UNIQUE INDEX one_case_a_fact ON review_case (fact) WHERE fact IS NOT NULL;

-- The history of a case holds what the registers did to it.
CREATE INDEX audit_subject ON audit (subject);
