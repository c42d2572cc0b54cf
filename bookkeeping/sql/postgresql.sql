CREATE OR REPLACE FUNCTION bookkeeping_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$
-- next
-- Room on each page, so that a new version of a row stays beside the old one and no index is touched.
ALTER TABLE bookkeeping_account SET (fillfactor = 60)
-- next
-- One stripe of a striped account; any other account that comes here is missing or frozen.
CREATE OR REPLACE FUNCTION bookkeeping_move_stripe(
    of_account bigint, stripe integer, move bigint, move_out bigint, move_in bigint
) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE bookkeeping_slot
    SET balance = balance + move, held_out = held_out + move_out, held_in = held_in + move_in
    WHERE account_id = of_account AND slot = stripe
        AND EXISTS (SELECT FROM bookkeeping_account WHERE id = of_account AND striped AND NOT frozen);
    IF FOUND THEN
        RETURN;
    END IF;
    INSERT INTO bookkeeping_slot AS own (account_id, slot, balance, held_out, held_in)  -- the stripe's first time
    SELECT of_account, stripe, move, move_out, move_in
    FROM bookkeeping_account WHERE id = of_account AND striped AND NOT frozen
    ON CONFLICT (account_id, slot) DO UPDATE
    SET balance = own.balance + excluded.balance, held_out = own.held_out + excluded.held_out,
        held_in = own.held_in + excluded.held_in;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an account is missing or frozen'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'bookkeeping_account_unusable';
    END IF;
END $$
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
    done bigint[];
    rest bigint[];
    striped_id bigint;
    place integer;
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
    -- The one order in which any two writers lock: by id, since the accounts are met in the order of ids.
    -- Striped accounts are not locked at all.
    IF outs IS NULL THEN
        WITH moved AS (
            UPDATE bookkeeping_account AS account SET balance = account.balance + total.move
            FROM unnest(ids, moves) AS total (id, move)
            WHERE account.id = total.id AND NOT account.striped AND NOT account.frozen
            RETURNING account.id
        ) SELECT array_agg(id) INTO done FROM moved;
    ELSE
        WITH moved AS (
            UPDATE bookkeeping_account AS account
            SET balance = account.balance + total.move, held_out = account.held_out + total.held_out,
                held_in = account.held_in + total.held_in
            FROM unnest(ids, moves, outs, ins) AS total (id, move, held_out, held_in)
            WHERE account.id = total.id AND NOT account.striped AND NOT account.frozen
            RETURNING account.id
        ) SELECT array_agg(id) INTO done FROM moved;
    END IF;
    IF cardinality(ids) > coalesce(cardinality(done), 0) THEN
        IF cardinality(ids) = 2 THEN  -- one leg: no query to find out which side is left
            rest := CASE WHEN done IS NULL THEN ids WHEN done[1] = ids[1] THEN ids[2:2] ELSE ids[1:1] END;
        ELSE
            SELECT array_agg(id ORDER BY id) INTO rest FROM (SELECT unnest(ids) EXCEPT SELECT unnest(done)) AS other (id);
        END IF;
        -- A stripe that no other writer has at this moment; where all are taken, we wait for the one we began with.
        FOR attempt IN 1..64 LOOP
            EXIT WHEN pg_try_advisory_xact_lock('bookkeeping_slot'::regclass::integer, stripe);
            stripe := (stripe + 1) % 64;
        END LOOP;
        FOREACH striped_id IN ARRAY rest LOOP
            place := array_position(ids, striped_id);
            PERFORM bookkeeping_move_stripe(
                striped_id, stripe, moves[place], coalesce(outs[place], 0), coalesce(ins[place], 0)
            );
        END LOOP;
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
