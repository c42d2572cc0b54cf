CREATE OR REPLACE FUNCTION bookkeeping_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: %', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = TG_NAME;
END $$
-- next
-- Room on each page, so that a new version of a row stays beside the old one and no index is touched.
ALTER TABLE bookkeeping_account SET (fillfactor = 60)
-- next
-- Every striped account has its 64 stripes from the beginning, so that a posting only ever adds to one.
CREATE OR REPLACE FUNCTION bookkeeping_open_stripes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO bookkeeping_slot (account_id, slot, balance, held_out, held_in)
    SELECT id, stripe, 0, 0, 0 FROM opened CROSS JOIN generate_series(0, 63) AS stripe WHERE striped;
    RETURN NULL;
END $$
-- next
-- The next stripe that no other writer has at this moment; where all are taken, we wait for the one we began with.
CREATE OR REPLACE FUNCTION bookkeeping_free_stripe(begin_with integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR further IN 1..63 LOOP
        IF pg_try_advisory_xact_lock('bookkeeping_slot'::regclass::integer, (begin_with + further) % 64) THEN
            RETURN (begin_with + further) % 64;
        END IF;
    END LOOP;
    RETURN begin_with;
END $$
-- next
-- The plans below suit a posting of one leg and a batch of a hundred thousand alike, so they are made once and kept:
-- rows are met one by one, by their key or by their place, however few or many there are.
-- The one order in which any two writers lock: by id, since the accounts are met in the order of ids (a bitmap would
-- meet them by place). Striped accounts are not locked at all.
CREATE OR REPLACE FUNCTION bookkeeping_apply_legs() RETURNS trigger LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    legs bigint;
    highest_kind smallint;
    gives bigint;
    takes bigint;
    amount bigint;
    ids bigint[];
    moves bigint[];
    outs bigint[];
    ins bigint[];
    done bigint[];
    stripe integer := pg_backend_pid() % 64;
    of_accounts integer;
    of_stripes integer := 0;
    missing integer := 0;
BEGIN
    SELECT count(*), max(kind), min(source_id), min(target_id), min(quantity)
    INTO legs, highest_kind, gives, takes, amount FROM added;
    IF legs = 1 AND highest_kind = 1 THEN  -- one leg that moves: nothing to add up
        UPDATE bookkeeping_account SET balance = balance + CASE id WHEN gives THEN -amount ELSE amount END
        WHERE id IN (gives, takes) AND NOT striped AND NOT frozen;
        GET DIAGNOSTICS of_accounts = ROW_COUNT;
        IF of_accounts < 2 THEN
            IF NOT pg_try_advisory_xact_lock('bookkeeping_slot'::regclass::integer, stripe) THEN
                stripe := bookkeeping_free_stripe(stripe);
            END IF;
            UPDATE bookkeeping_slot SET balance = balance + CASE account_id WHEN gives THEN -amount ELSE amount END
            WHERE account_id IN (gives, takes) AND slot = stripe
                AND NOT (SELECT frozen FROM bookkeeping_account WHERE id = account_id);
            GET DIAGNOSTICS of_stripes = ROW_COUNT;
        END IF;
        missing := 2 - of_accounts - of_stripes;
    ELSIF highest_kind = 1 THEN
        SELECT array_agg(account_id), array_agg(move) INTO ids, moves
        FROM (SELECT account_id, sum(move)::bigint AS move
              FROM (SELECT source_id AS account_id, -quantity AS move FROM added
                    UNION ALL SELECT target_id, quantity FROM added) AS side
              GROUP BY account_id ORDER BY account_id) AS total;
        WITH moved AS (
            UPDATE bookkeeping_account AS account SET balance = account.balance + total.move
            FROM unnest(ids, moves) AS total (id, move)
            WHERE account.id = total.id AND NOT account.striped AND NOT account.frozen
            RETURNING account.id
        ) SELECT array_agg(id) INTO done FROM moved;
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
        SELECT array_agg(id), array_agg(moves[place]), array_agg(outs[place]), array_agg(ins[place])
        INTO ids, moves, outs, ins
        FROM (SELECT id, array_position(ids, id) AS place
              FROM (SELECT unnest(ids) EXCEPT SELECT unnest(done)) AS other (id)) AS rest;
        IF NOT pg_try_advisory_xact_lock('bookkeeping_slot'::regclass::integer, stripe) THEN
            stripe := bookkeeping_free_stripe(stripe);
        END IF;
        UPDATE bookkeeping_slot AS own
        SET balance = own.balance + total.move, held_out = own.held_out + coalesce(total.held_out, 0),
            held_in = own.held_in + coalesce(total.held_in, 0)
        FROM unnest(ids, moves, outs, ins) AS total (id, move, held_out, held_in)
        WHERE own.account_id = total.id AND own.slot = stripe
            AND NOT (SELECT frozen FROM bookkeeping_account WHERE id = account_id);
        GET DIAGNOSTICS of_stripes = ROW_COUNT;
        missing := cardinality(ids) - of_stripes;
    END IF;
    IF missing > 0 THEN
        RAISE EXCEPTION 'an account is missing or frozen'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'bookkeeping_account_unusable';
    END IF;
    RETURN NULL;
END $$
-- next
-- The legs of one posting by the codes of their accounts. Here statements are planned once a connection, which saves
-- a third of the time of a posting. An unknown code becomes NULL, which the column refuses: resolving and writing are
-- one statement.
CREATE OR REPLACE FUNCTION bookkeeping_write_leg(
    reference text, occurred_at timestamptz, expires_at timestamptz,
    leg integer, kind integer, source text, target text, quantity bigint, related_id bigint
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO bookkeeping_leg
        (reference, leg, kind, source_id, target_id, quantity, related_id, occurred_at, expires_at)
    VALUES ($1, $4, $5, (SELECT id FROM bookkeeping_account WHERE code = $6),
            (SELECT id FROM bookkeeping_account WHERE code = $7), $8, $9, $2, $3);
END $$
-- next
CREATE OR REPLACE FUNCTION bookkeeping_write_legs(
    reference text, occurred_at timestamptz, expires_at timestamptz,
    legs smallint[], kinds smallint[], sources text[], targets text[], quantities bigint[], related_ids bigint[]
) RETURNS void LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
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
-- What an account is opened with never changes. As checks of the table these three would be read and compiled anew for
-- every posting, which is a tenth of its time.
CREATE TRIGGER bookkeeping_account_asset BEFORE INSERT ON bookkeeping_account
    FOR EACH ROW WHEN (NOT (
        NEW.id % 8 = 1 AND NEW.code LIKE 'co2e:%' OR NEW.id % 8 = 2 AND NEW.code LIKE 'coin:%'
        OR NEW.id % 8 = 3 AND NEW.code LIKE 'fen:%' OR NEW.id % 8 = 4 AND NEW.code LIKE 'unit:%'
    )) EXECUTE FUNCTION bookkeeping_refuse('the id of an account leaves the number of the asset that its code names')
-- next
CREATE TRIGGER bookkeeping_account_nature BEFORE INSERT ON bookkeeping_account
    FOR EACH ROW WHEN (NEW.nature NOT IN ('source', 'holder', 'sink'))
    EXECUTE FUNCTION bookkeeping_refuse('an account is a source, a holder or a sink')
-- next
CREATE TRIGGER bookkeeping_account_stripes BEFORE INSERT ON bookkeeping_account
    FOR EACH ROW WHEN (NEW.striped AND (NEW.floor IS NOT NULL OR NEW.ceiling IS NOT NULL))
    EXECUTE FUNCTION bookkeeping_refuse('a striped account has no limits')
-- next
CREATE TRIGGER bookkeeping_account_striped AFTER INSERT ON bookkeeping_account
    REFERENCING NEW TABLE AS opened FOR EACH STATEMENT EXECUTE FUNCTION bookkeeping_open_stripes()
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
