CREATE TRIGGER bookkeeping_leg_posted AFTER INSERT ON bookkeeping_leg WHEN NEW.kind = 1
BEGIN
    UPDATE bookkeeping_account SET balance = balance - NEW.quantity WHERE id = NEW.source_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
    UPDATE bookkeeping_account SET balance = balance + NEW.quantity WHERE id = NEW.target_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
END
-- next
CREATE TRIGGER bookkeeping_leg_held AFTER INSERT ON bookkeeping_leg WHEN NEW.kind = 2
BEGIN
    UPDATE bookkeeping_account SET held_out = held_out + NEW.quantity WHERE id = NEW.source_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
    UPDATE bookkeeping_account SET held_in = held_in + NEW.quantity WHERE id = NEW.target_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
    INSERT INTO bookkeeping_openhold (leg_id, expires_at) VALUES (NEW.id, NEW.expires_at);
END
-- next
CREATE TRIGGER bookkeeping_leg_resolved AFTER INSERT ON bookkeeping_leg WHEN NEW.kind IN (3, 4)
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_leg_related_fits') WHERE NOT EXISTS (
        SELECT 1 FROM bookkeeping_leg AS hold WHERE hold.id = NEW.related_id AND hold.kind = 2
        AND hold.source_id = NEW.source_id AND hold.target_id = NEW.target_id
        AND (NEW.quantity = hold.quantity OR NEW.kind = 3 AND NEW.quantity < hold.quantity));
    DELETE FROM bookkeeping_openhold WHERE leg_id = NEW.related_id;
    UPDATE bookkeeping_account SET
        held_out = held_out - (SELECT quantity FROM bookkeeping_leg WHERE id = NEW.related_id),
        balance = balance - CASE NEW.kind WHEN 3 THEN NEW.quantity ELSE 0 END
    WHERE id = NEW.source_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
    UPDATE bookkeeping_account SET
        held_in = held_in - (SELECT quantity FROM bookkeeping_leg WHERE id = NEW.related_id),
        balance = balance + CASE NEW.kind WHEN 3 THEN NEW.quantity ELSE 0 END
    WHERE id = NEW.target_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
END
-- next
CREATE TRIGGER bookkeeping_leg_reversal AFTER INSERT ON bookkeeping_leg WHEN NEW.kind = 5
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_leg_related_fits') WHERE NOT EXISTS (
        SELECT 1 FROM bookkeeping_leg AS first WHERE first.id = NEW.related_id AND first.kind IN (1, 3)
        AND first.source_id = NEW.target_id AND first.target_id = NEW.source_id AND first.quantity = NEW.quantity);
    UPDATE bookkeeping_account SET balance = balance - NEW.quantity WHERE id = NEW.source_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
    UPDATE bookkeeping_account SET balance = balance + NEW.quantity WHERE id = NEW.target_id AND NOT frozen;
    SELECT RAISE(ABORT, 'bookkeeping_account_unusable') WHERE changes() <> 1;
END
-- next
CREATE TRIGGER bookkeeping_leg_keep_update BEFORE UPDATE ON bookkeeping_leg
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_leg_keep');
END
-- next
CREATE TRIGGER bookkeeping_leg_keep_delete BEFORE DELETE ON bookkeeping_leg
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_leg_keep');
END
-- next
CREATE TRIGGER bookkeeping_account_keep BEFORE DELETE ON bookkeeping_account
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_account_keep');
END
-- next
CREATE TRIGGER bookkeeping_account_fixed BEFORE UPDATE OF id, code, nature, floor, ceiling, striped
    ON bookkeeping_account
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_account_fixed');
END
-- next
CREATE TRIGGER bookkeeping_account_empty BEFORE INSERT ON bookkeeping_account
    WHEN NEW.balance <> 0 OR NEW.held_out <> 0 OR NEW.held_in <> 0
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_account_empty');
END
-- next
CREATE TRIGGER bookkeeping_tile_keep_update BEFORE UPDATE ON bookkeeping_tile
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_tile_keep');
END
-- next
CREATE TRIGGER bookkeeping_tile_keep_delete BEFORE DELETE ON bookkeeping_tile
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_tile_keep');
END
-- next
CREATE TRIGGER bookkeeping_head_keep_update BEFORE UPDATE ON bookkeeping_signedtreehead
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_head_keep');
END
-- next
CREATE TRIGGER bookkeeping_head_keep_delete BEFORE DELETE ON bookkeeping_signedtreehead
BEGIN
    SELECT RAISE(ABORT, 'bookkeeping_head_keep');
END
