// Package child keeps the part of the kiosk that looks at pictures in a process of its own, so that a crash inside OpenCV, a
// hang, or a hostile image costs one attempt and never the visit.
//
// [Start] is the parent's side: a [Client] runs the child, restarts it when it dies, falls silent or grows too large, and offers
// the ports of package kiosk ([Client.Face], [Client.Preview], [Client.Scanner]). [Serve] is the child's side: it answers over
// one socket with the real parts.
//
// What a newcomer must know:
//
//   - Calls under way when the child goes end with camera_fault at once; the session makes of it one failed try.
//   - What the child must know (its set-up, the simulated scene) is state, not calls: [Client.Set] keeps the last value of every
//     name and a new child gets them all before anything else.
//   - The parent believes nothing: every frame is bounded, and what does not parse ends the child.
//   - The wire is ours (wire.go): two lengths, a JSON header, a blob. Pictures travel as blobs, never inside JSON.
//
// This package links no OpenCV itself.
package child
