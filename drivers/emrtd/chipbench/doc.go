// Package chipbench measures whole reads of a chip card, link by link, and shows where the time goes.
//
// What a newcomer must know:
//
//   - The measuring is done by benchmarks of this folder (`go test -bench Chip ./drivers/emrtd/chipbench`): the simulated chip
//     really waits what the radio link and the chip's computations would take (emrtdtest.Latency), and everything else is the
//     software that runs on a kiosk. KIOSK_BENCH_MD and KIOSK_BENCH_SVG name files for the table and the chart.
//   - The wire is the radio link alone; the card is its computations (0.4 s for PACE, 0.13 s chip authentication, 0.2 s active
//     authentication); the host link is what lies between the kiosk and the radio: for pcscd what was measured, for a PN532 the
//     bytes on its serial line at the line's speed. The rest is ours: cryptography, parsing, verifying, and for a PN532 its
//     driver. What the simulator itself computes counts as the rest, so the figures are on the unkind side.
//   - [Row.Ratio] is total : (wire + card). A ratio of 1 would be software that takes no time. Reads over a PN532 have its host
//     link in the total as well; [Row.LinkRatio] counts it with the wire.
//   - TestSoakReads is here too: many reads of freshly issued cards with and without faults (KIOSK_SOAK says how many).
//
// Sources: BSI TR-03135-1 v2.5 §4.1.4 (7 s for a read), ISO/IEC 14443-3 §6.2 and 14443-4 §7 (the time model).
package chipbench
