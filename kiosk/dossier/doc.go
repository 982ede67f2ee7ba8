// Package dossier turns a citizen's visit into one signed evidence package, and lets anyone check such a package again.
//
// The kiosk builds it in memory ([Build]) and seals it at once. The office opens it ([Open]) and believes the kiosk nothing it
// can check itself ([Package.Verify]): the kiosk's signature, every part's hash, passive authentication again from the raw
// bytes of the chip, the fields that claim to come from the chip, the score against the threshold, the consents.
//
// A package, version 1, is
//
//	bytes  field
//	4      magic "MCDP"
//	1      version, 1
//	4      length of the manifest, big endian, at most 1 MB
//	…      manifest: JSON
//	64     signature: r ‖ s, 32 bytes each, big endian, of ECDSA P-256 over SHA-256 of "motcua/dossier/1" NUL manifest
//	2      length of the certificate
//	…      the kiosk's device certificate, DER
//	       then each part, in the manifest's order:
//	4      length
//	…      contents
//
// and nothing after. The manifest names every part with size and SHA-256, and the SHA-256 of the certificate.
//
// There is one encoding of a package only, so no byte can change without a link breaking: the manifest is the JSON of
// [Manifest] with keys sorted, no white space, no HTML escapes, and is refused if encoding what was read gives other bytes;
// the signature has fixed width and its s is the lower of the two values that would verify (BIP 62 calls this low-S); part
// lengths equal the manifest's. Floating-point numbers are decimal strings in Go's shortest form, "" for not computed.
//
// Parts are named EF.CardAccess, EF.COM, EF.SOD, DG1 to DG16 (raw files of the chip), face.best (the frame kept for the
// officer) and paper.1, paper.2, … (scanned pages), in this order.
//
// Missing papers are no fault of a package: [Missing] tells what the procedure still wants.
package dossier
