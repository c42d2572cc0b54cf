CREATE TRIGGER marketplace_bid_in_time_kept BEFORE INSERT ON marketplace_bid
WHEN EXISTS (SELECT 1 FROM marketplace_session AS session WHERE session.id = NEW.session_id
             AND (session.closed_at IS NOT NULL OR NEW.received_at >= session.deadline_at))
BEGIN
    SELECT RAISE(ABORT, 'marketplace_bid_in_time');
END
