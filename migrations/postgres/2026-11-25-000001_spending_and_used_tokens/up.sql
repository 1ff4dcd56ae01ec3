SET LOCAL lock_timeout = '2s';
SET LOCAL statement_timeout = '60s';

-- Millionths of a US dollar by UTC day; open reservations are charged in full.
CREATE TABLE spend_days (
    day date PRIMARY KEY,
    charged bigint NOT NULL CHECK (charged >= 0)
);

CREATE TABLE spend_reservations (
    id uuid PRIMARY KEY,
    day date NOT NULL,
    amount bigint NOT NULL CHECK (amount >= 0)
);

CREATE INDEX spend_reservations_by_day ON spend_reservations (day);

-- SHA-256 of the token's id, which may be of any length.
CREATE TABLE used_tokens (
    token bytea PRIMARY KEY CHECK (length(token) = 32),
    purpose bytea NOT NULL CHECK (length(purpose) = 32),
    expires_at timestamptz NOT NULL
);

CREATE INDEX used_tokens_by_expiry ON used_tokens (expires_at);
