// Package national tells national systems what the office did: two mappers of [onestop.Record], one for each protocol that is met.
//
// What a newcomer must know:
//
//   - [MC] speaks the old national adapter: a login gives a session, every call is one POST with the service's name in it, and
//     DongBoHoSoMC is not idempotent by itself. The mapper asks TraCuuHoSo first and says isUpdating accordingly, so that a call
//     whose answer was lost is repeated as an update: one record, however often it is sent.
//   - [LGSP] speaks the flow of 2026 over the provincial bus: a token, each file uploaded once by its hash, NoiHoSo to create, then
//     CapNhatTrangThai. A create that answers "exists" is the lost answer of an earlier one.
//   - The names of fields are the protocol's own, Vietnamese and unaccented. Values are strings wherever the recorded traffic has
//     strings. Times are dd/MM/yyyy HH:mm:ss, Vietnamese legal time.
//   - The office's own number (mã hồ sơ) is the key on both sides. A dossier without one is not sent.
//
// The shapes were taken from public code and recorded traffic, not from a published schema; where a province's system differs,
// the mapping of states is in onestop.toml, and a refusal is told as office_refused with the system's own error code.
//
// Sources: VietOpenCPS/opencps-v2 (read only), integration pages of ministries of 2026.
package national
