CREATE TRIGGER greenpoints_unitblock_number_once BEFORE INSERT ON greenpoints_unitblock
WHEN NEW.status NOT IN ('split', 'merged', 'transferred')
     AND EXISTS (SELECT 1 FROM greenpoints_unitblock AS other
                 WHERE other.series_id = NEW.series_id AND other.status NOT IN ('split', 'merged', 'transferred')
                 AND other.start <= NEW."end" AND other."end" >= NEW.start)
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_block_number_once');
END
-- next
CREATE TRIGGER greenpoints_unitblock_from_parent BEFORE INSERT ON greenpoints_unitblock
WHEN NEW.parent_id IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM greenpoints_unitblock AS parent
                     WHERE parent.id = NEW.parent_id AND parent.series_id = NEW.series_id
                     AND parent.batch_id = NEW.batch_id AND parent.status IN ('split', 'transferred')
                     AND parent.start <= NEW.start AND parent."end" >= NEW."end")
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_block_from_parent');
END
-- next
CREATE TRIGGER greenpoints_unitblock_issued BEFORE INSERT ON greenpoints_unitblock
WHEN NOT EXISTS (SELECT 1 FROM greenpoints_poolbatch AS batch WHERE batch.id = NEW.batch_id AND batch.status = 'issued')
     OR NOT EXISTS (SELECT 1 FROM greenpoints_unitseries AS series
                    WHERE series.id = NEW.series_id AND series.last_number >= NEW."end")
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_block_issued');
END
-- next
CREATE TRIGGER greenpoints_unitblock_terms BEFORE UPDATE ON greenpoints_unitblock
WHEN NEW.series_id <> OLD.series_id OR NEW.batch_id <> OLD.batch_id OR NEW.start <> OLD.start
     OR NEW."end" <> OLD."end" OR NEW.quantity_kg <> OLD.quantity_kg OR NEW.holder <> OLD.holder
     OR NEW.parent_id IS NOT OLD.parent_id OR NEW.hash <> OLD.hash OR NEW.created_at <> OLD.created_at
     OR (OLD.merged_into_id IS NOT NULL AND NEW.merged_into_id IS NOT OLD.merged_into_id)
     OR NOT (NEW.status = OLD.status
             OR (OLD.status = 'held' AND NEW.status IN ('locked', 'pending_export', 'retired', 'cancelled', 'expired',
                                                        'split', 'merged', 'transferred'))
             OR (OLD.status = 'buffer' AND NEW.status IN ('cancelled', 'split'))
             OR (OLD.status = 'locked' AND NEW.status = 'held')
             OR (OLD.status = 'pending_export' AND NEW.status IN ('held', 'exported')))
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_block_terms');
END
-- next
CREATE TRIGGER greenpoints_unitblock_stays BEFORE DELETE ON greenpoints_unitblock
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_block_stays');
END
-- next
CREATE TRIGGER greenpoints_poolbatch_decided BEFORE UPDATE ON greenpoints_poolbatch
WHEN OLD.status <> 'frozen'
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_pool_decided');
END
-- next
CREATE TRIGGER greenpoints_poolbatch_stays BEFORE DELETE ON greenpoints_poolbatch
BEGIN
    SELECT RAISE(ABORT, 'greenpoints_pool_stays');
END
