CREATE OR REPLACE FUNCTION marketplace_refuse_late_bid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM marketplace_session AS session WHERE session.id = NEW.session_id
               AND (session.closed_at IS NOT NULL OR NEW.received_at >= session.deadline_at)) THEN
        RAISE EXCEPTION 'marketplace_bid_in_time' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
-- next
CREATE TRIGGER marketplace_bid_in_time_kept BEFORE INSERT ON marketplace_bid
FOR EACH ROW EXECUTE FUNCTION marketplace_refuse_late_bid()
