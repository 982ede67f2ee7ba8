-- Who is logged in: the SHA-256 of each cookie, never the cookie. Times in microseconds.
CREATE TABLE login (
    token_sha256 BLOB    NOT NULL PRIMARY KEY CHECK (length(token_sha256) = 32),
    account      INTEGER NOT NULL REFERENCES account (id),
    started      INTEGER NOT NULL,
    seen         INTEGER NOT NULL CHECK (seen >= started)
) STRICT;
CREATE INDEX login_account ON login (account, seen);
