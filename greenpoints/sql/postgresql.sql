CREATE OR REPLACE FUNCTION greenpoints_check_new_block() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.parent_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM greenpoints_unitblock AS parent
        WHERE parent.id = NEW.parent_id AND parent.series_id = NEW.series_id AND parent.batch_id = NEW.batch_id
        AND parent.status IN ('split', 'transferred') AND parent.start <= NEW.start AND parent."end" >= NEW."end")
    THEN
        RAISE EXCEPTION 'greenpoints_block_from_parent' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM greenpoints_poolbatch AS batch WHERE batch.id = NEW.batch_id AND batch.status = 'issued')
        OR NOT EXISTS (SELECT FROM greenpoints_unitseries AS series
                       WHERE series.id = NEW.series_id AND series.last_number >= NEW."end")
    THEN
        RAISE EXCEPTION 'greenpoints_block_issued' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
-- next
CREATE TRIGGER greenpoints_unitblock_new BEFORE INSERT ON greenpoints_unitblock
FOR EACH ROW EXECUTE FUNCTION greenpoints_check_new_block()
-- next
CREATE OR REPLACE FUNCTION greenpoints_check_block_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.series_id, NEW.batch_id, NEW.start, NEW."end", NEW.quantity_kg, NEW.holder, NEW.hash, NEW.created_at)
        IS DISTINCT FROM
       (OLD.series_id, OLD.batch_id, OLD.start, OLD."end", OLD.quantity_kg, OLD.holder, OLD.hash, OLD.created_at)
        OR NEW.parent_id IS DISTINCT FROM OLD.parent_id
        OR (OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS DISTINCT FROM OLD.merged_into_id)
        OR NOT (NEW.status = OLD.status
                OR (OLD.status = 'held' AND NEW.status IN ('locked', 'pending_export', 'retired', 'cancelled',
                                                           'expired', 'split', 'merged', 'transferred'))
                OR (OLD.status = 'buffer' AND NEW.status IN ('cancelled', 'split'))
                OR (OLD.status = 'locked' AND NEW.status = 'held')
                OR (OLD.status = 'pending_export' AND NEW.status IN ('held', 'exported')))
    THEN
        RAISE EXCEPTION 'greenpoints_block_terms' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$
-- next
CREATE TRIGGER greenpoints_unitblock_terms BEFORE UPDATE ON greenpoints_unitblock
FOR EACH ROW EXECUTE FUNCTION greenpoints_check_block_change()
-- next
CREATE TRIGGER greenpoints_unitblock_stays BEFORE DELETE ON greenpoints_unitblock
FOR EACH ROW EXECUTE FUNCTION core_refuse_change()
-- next
CREATE TRIGGER greenpoints_poolbatch_decided BEFORE UPDATE ON greenpoints_poolbatch
FOR EACH ROW WHEN (OLD.status <> 'frozen') EXECUTE FUNCTION core_refuse_change()
-- next
CREATE TRIGGER greenpoints_poolbatch_stays BEFORE DELETE ON greenpoints_poolbatch
FOR EACH ROW EXECUTE FUNCTION core_refuse_change()
