CREATE TRIGGER marketplace_bid_update_kept BEFORE UPDATE ON marketplace_bid
BEGIN
    SELECT RAISE(ABORT, 'marketplace_bid_is_kept');
END
-- next
CREATE TRIGGER marketplace_bid_delete_kept BEFORE DELETE ON marketplace_bid
BEGIN
    SELECT RAISE(ABORT, 'marketplace_bid_is_kept');
END
-- next
CREATE TRIGGER marketplace_rightchange_update_kept BEFORE UPDATE ON marketplace_rightchange
BEGIN
    SELECT RAISE(ABORT, 'marketplace_rightchange_is_kept');
END
-- next
CREATE TRIGGER marketplace_rightchange_delete_kept BEFORE DELETE ON marketplace_rightchange
BEGIN
    SELECT RAISE(ABORT, 'marketplace_rightchange_is_kept');
END
-- next
CREATE TRIGGER marketplace_settlement_update_kept BEFORE UPDATE ON marketplace_settlement
BEGIN
    SELECT RAISE(ABORT, 'marketplace_settlement_is_kept');
END
-- next
CREATE TRIGGER marketplace_settlement_delete_kept BEFORE DELETE ON marketplace_settlement
BEGIN
    SELECT RAISE(ABORT, 'marketplace_settlement_is_kept');
END
-- next
CREATE TRIGGER marketplace_bid_in_time_kept BEFORE INSERT ON marketplace_bid
WHEN EXISTS (SELECT 1 FROM marketplace_session AS session WHERE session.id = NEW.session_id
             AND (session.closed_at IS NOT NULL OR NEW.received_at >= session.deadline_at))
BEGIN
    SELECT RAISE(ABORT, 'marketplace_bid_in_time');
END
