CREATE OR REPLACE FUNCTION bookkeeping_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$
-- next
-- Room on each page, so that a new version of a row stays beside the old one and no index is touched.
ALTER TABLE bookkeeping_account SET (fillfactor = 60)
-- next
-- The plans below suit a posting of one leg and a batch of a hundred thousand alike, so they are made once and kept:
-- rows are met one by one, by their key or by their place, however few or many there are.
CREATE OR REPLACE FUNCTION bookkeeping_apply_legs() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
SET jit = off AS $$
DECLARE
    ids bigint[];
    moves bigint[];
    outs bigint[];
    ins bigint[];
    versions tid[];
    reached integer;
    striped_reached integer;
    stripe integer := pg_backend_pid() % 64;
BEGIN
    IF NOT EXISTS (SELECT FROM added WHERE kind <> 1) THEN
        SELECT array_agg(account_id), array_agg(move) INTO ids, moves
        FROM (SELECT account_id, sum(move)::bigint AS move
              FROM (SELECT source_id AS account_id, -quantity AS move FROM added
                    UNION ALL SELECT target_id, quantity FROM added) AS side
              GROUP BY account_id ORDER BY account_id) AS total;
    ELSE
        IF EXISTS (
            SELECT FROM added LEFT JOIN bookkeeping_leg AS related ON related.id = added.related_id
            WHERE added.kind > 2 AND NOT coalesce(CASE
                WHEN added.kind = 5 THEN related.kind IN (1, 3) AND added.quantity = related.quantity
                    AND added.source_id = related.target_id AND added.target_id = related.source_id
                ELSE related.kind = 2 AND added.source_id = related.source_id AND added.target_id = related.target_id
                    AND CASE WHEN added.kind = 3 THEN added.quantity <= related.quantity
                             ELSE added.quantity = related.quantity END
            END, false)
        ) THEN
            RAISE EXCEPTION 'a leg does not fit the leg it relates to'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'bookkeeping_leg_related_fits';
        END IF;
        DELETE FROM bookkeeping_openhold WHERE leg_id IN (SELECT related_id FROM added WHERE kind IN (3, 4));
        INSERT INTO bookkeeping_openhold (leg_id, expires_at) SELECT id, expires_at FROM added WHERE kind = 2;
        SELECT array_agg(account_id), array_agg(move), array_agg(held_out), array_agg(held_in)
        INTO ids, moves, outs, ins
        FROM (SELECT account_id, sum(move)::bigint AS move, sum(held_out)::bigint AS held_out,
                     sum(held_in)::bigint AS held_in
              FROM (
                  WITH effect AS (
                      SELECT added.source_id, added.target_id,
                             CASE WHEN added.kind IN (1, 3, 5) THEN added.quantity ELSE 0 END AS moved,
                             CASE WHEN added.kind = 2 THEN added.quantity
                                  WHEN added.kind IN (3, 4) THEN -related.quantity ELSE 0 END AS held
                      FROM added LEFT JOIN bookkeeping_leg AS related ON related.id = added.related_id
                  )
                  SELECT source_id AS account_id, -moved AS move, held AS held_out, 0 AS held_in FROM effect
                  UNION ALL SELECT target_id, moved, 0, held FROM effect
              ) AS side
              GROUP BY account_id ORDER BY account_id) AS total;
    END IF;
    -- The one order in which any two writers lock: by id. Striped accounts are not locked at all.
    -- What is locked stays in its place until we end, so that the update finds it there.
    SELECT array_agg(usable.ctid) INTO versions
    FROM unnest(ids) AS total (id)
    LEFT JOIN LATERAL (
        SELECT account.ctid FROM bookkeeping_account AS account
        WHERE account.id = total.id AND NOT account.striped AND NOT account.frozen
        FOR NO KEY UPDATE
    ) AS usable ON true;
    IF outs IS NULL THEN
        UPDATE bookkeeping_account AS account SET balance = account.balance + total.move
        FROM unnest(versions, moves) AS total (version, move)
        WHERE account.ctid = total.version;
    ELSE
        UPDATE bookkeeping_account AS account
        SET balance = account.balance + total.move, held_out = account.held_out + total.held_out,
            held_in = account.held_in + total.held_in
        FROM unnest(versions, moves, outs, ins) AS total (version, move, held_out, held_in)
        WHERE account.ctid = total.version;
    END IF;
    GET DIAGNOSTICS reached = ROW_COUNT;
    IF reached < cardinality(ids) THEN
        -- A stripe that no other writer has at this moment; where all are taken, we wait for the one we began with.
        FOR attempt IN 1..64 LOOP
            EXIT WHEN pg_try_advisory_xact_lock('bookkeeping_slot'::regclass::integer, stripe);
            stripe := (stripe + 1) % 64;
        END LOOP;
        UPDATE bookkeeping_slot AS slot
        SET balance = slot.balance + total.move, held_out = slot.held_out + coalesce(total.held_out, 0),
            held_in = slot.held_in + coalesce(total.held_in, 0)
        FROM unnest(ids, versions, moves, outs, ins) AS total (id, version, move, held_out, held_in)
        JOIN bookkeeping_account AS account ON account.id = total.id AND account.striped AND NOT account.frozen
        WHERE total.version IS NULL AND slot.account_id = total.id AND slot.slot = stripe;
        GET DIAGNOSTICS striped_reached = ROW_COUNT;
        reached := reached + striped_reached;
    END IF;
    IF reached < cardinality(ids) THEN  -- the first time that an account meets this stripe
        INSERT INTO bookkeeping_slot AS slot (account_id, slot, balance, held_out, held_in)
        SELECT total.id, stripe, total.move, coalesce(total.held_out, 0), coalesce(total.held_in, 0)
        FROM unnest(ids, versions, moves, outs, ins) AS total (id, version, move, held_out, held_in)
        JOIN bookkeeping_account AS account ON account.id = total.id AND account.striped AND NOT account.frozen
        WHERE total.version IS NULL
            AND NOT EXISTS (SELECT FROM bookkeeping_slot AS slot WHERE slot.account_id = total.id AND slot.slot = stripe)
        ON CONFLICT (account_id, slot) DO UPDATE
        SET balance = slot.balance + excluded.balance, held_out = slot.held_out + excluded.held_out,
            held_in = slot.held_in + excluded.held_in;
        GET DIAGNOSTICS striped_reached = ROW_COUNT;
        reached := reached + striped_reached;
    END IF;
    IF reached < cardinality(ids) THEN
        RAISE EXCEPTION 'an account is missing or frozen'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'bookkeeping_account_unusable';
    END IF;
    RETURN NULL;
END $$
-- next
-- The legs of one posting by the codes of their accounts. Here the statement is parsed and planned once a connection.
-- An unknown code becomes NULL, which the column refuses: resolving and writing are one statement.
CREATE OR REPLACE FUNCTION bookkeeping_write_legs(
    reference text, occurred_at timestamptz, expires_at timestamptz,
    legs smallint[], kinds smallint[], sources text[], targets text[], quantities bigint[], related_ids bigint[]
) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO bookkeeping_leg
        (reference, leg, kind, source_id, target_id, quantity, related_id, occurred_at, expires_at)
    SELECT $1, v.leg, v.kind, (SELECT id FROM bookkeeping_account WHERE code = v.source),
           (SELECT id FROM bookkeeping_account WHERE code = v.target), v.quantity, v.related_id, $2, $3
    FROM unnest(legs, kinds, sources, targets, quantities, related_ids)
        AS v (leg, kind, source, target, quantity, related_id);
END $$
-- next
CREATE TRIGGER bookkeeping_leg_apply AFTER INSERT ON bookkeeping_leg
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_apply_legs()
-- next
CREATE TRIGGER bookkeeping_leg_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON bookkeeping_leg
    FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_refuse('a leg stands for good')
-- next
CREATE TRIGGER bookkeeping_account_keep BEFORE DELETE OR TRUNCATE ON bookkeeping_account
    FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_refuse('an account stands for good')
-- next
CREATE TRIGGER bookkeeping_account_fixed BEFORE UPDATE OF id, code, nature, floor, ceiling, striped
    ON bookkeeping_account FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_refuse('the terms of an account are fixed')
-- next
CREATE TRIGGER bookkeeping_account_balance BEFORE UPDATE OF balance, held_out, held_in ON bookkeeping_account
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse('only legs move a balance')
-- next
CREATE TRIGGER bookkeeping_account_empty BEFORE INSERT ON bookkeeping_account
    FOR EACH ROW WHEN (NEW.balance <> 0 OR NEW.held_out <> 0 OR NEW.held_in <> 0)
    EXECUTE FUNCTION bookkeeping_refuse('an account opens empty')
-- next
CREATE TRIGGER bookkeeping_slot_keep BEFORE INSERT OR UPDATE OR DELETE ON bookkeeping_slot
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse('only legs move a balance')
-- next
CREATE TRIGGER bookkeeping_slot_whole BEFORE TRUNCATE ON bookkeeping_slot
    FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_refuse('only legs move a balance')
-- next
CREATE TRIGGER bookkeeping_openhold_keep BEFORE INSERT OR UPDATE OR DELETE ON bookkeeping_openhold
    FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION bookkeeping_refuse('only legs open and end a hold')
-- next
CREATE TRIGGER bookkeeping_tile_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON bookkeeping_tile
    FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_refuse('the log only grows')
-- next
CREATE TRIGGER bookkeeping_head_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON bookkeeping_signedtreehead
    FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_refuse('the log only grows')
