// Package backofficetest holds what any receiver of the intake protocol must pass ([Run]), servers that answer as no office
// should ([Hostiles]), and a receiver in memory ([Memory]) with a TLS server around it ([Serve]) for tests of kiosks.
package backofficetest
