// Package session is the visit: one citizen, from the touch that begins it to the wipe that ends it.
//
// [Next] is a pure function of a small comparable [State] and an [Event]; it gives the next State and the [Effect]s to carry
// out. All a visit's data (names, pictures, keys) lives beside it in [Visit], owned by the [Runner], which feeds Next with
// touches, timers and hardware events, carries the effects out on the ports of package kiosk, and zeroes the Visit at the end.
//
// Because State is small and closed, a test explores every reachable one and proves, for all of them:
//
//   - no submission without a verified chip, a verified face, the holder's "yes, that is me" and a declaration, nor for
//     somebody else without the written authority;
//   - a screen without identity (queue, feedback, rota, rating, fault) knows nobody;
//   - consent before chip and camera;
//   - silence always ends wiped in Attract;
//   - an event of an ended visit changes nothing, and no hardware event begins a visit;
//   - help, exit and the end can be reached from everywhere.
//
// Touch cancel, idle, help and exit are handled once, at the outer level of Next. Delays stand in one table, [Delays].
package session
