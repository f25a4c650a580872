-- What many processes on one store need to know of each other.

-- Politeness: the crawl that asked a site last, and until when no other one asks it.
ALTER TABLE site ADD COLUMN visitor TEXT;
ALTER TABLE site ADD COLUMN rest_until BIGINT;

-- An attempt to sign in is counted before the password is tried, and taken back when it was right:
-- whoever tries many passwords at once finds the account resting all the same.
DROP TABLE sign_in_failure;
CREATE TABLE sign_in_failure (                    -- attempts that failed, or have not ended yet
    id           BIGINT PRIMARY KEY,              -- random
    login        TEXT NOT NULL,
    at           BIGINT NOT NULL
);
CREATE INDEX sign_in_failure_login ON sign_in_failure (login, at);
