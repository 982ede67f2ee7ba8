-- Who is logged in: the SHA-256 of each cookie, never the cookie. Times in microseconds.
CREATE TABLE login (
    token_sha256 bytea  NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 32),
    account      bigint NOT NULL REFERENCES account (id),
    started      bigint NOT NULL,
    seen         bigint NOT NULL CHECK (seen >= started)
);
CREATE INDEX login_account ON login (account, seen);
