// Package kiosk holds the words of the project and the ports through which its parts meet.
//
// A visit at the commune hall goes: consent, procedure, chip card, face, form, papers, review, a sealed dossier, a receipt.
// Every noun of that sentence has one file here. The package imports the standard library only; drivers, vision, ui and the
// back office import it, never each other.
//
// Three rules hold for every type:
//
//   - Identity has three results, never two: [Verified], [Refused], [Undetermined]. A missing trust anchor is undetermined.
//   - Raw bytes read from the chip are kept as read. Hashes and evidence are over those bytes, never over a re-encoding.
//   - Types that carry a citizen's data redact themselves: fmt and log/slog print "[redacted]". Only explicit encoders
//     (kiosk/dossier) write the contents, and only into something that is sealed next.
package kiosk
