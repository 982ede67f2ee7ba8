package provision

import "encoding/json"

// Issuer answers enrolments that come over the network: it implements onestop.Issuer.
type Issuer struct {
	Keys                             *OfficeKeys
	Name, Intake, Hotline, StatusURL string // of the office, for office.json
}

// IssueDevice answers a certificate request (PEM) with a client certificate (PEM). Error: bad_input.
func (i Issuer) IssueDevice(csr []byte, name string) ([]byte, error) {
	return IssueDevice(i.Keys.CA, csr, name)
}

// OfficeFile gives office.json.
func (i Issuer) OfficeFile() ([]byte, error) {
	o := i.Keys.Office(i.Name, i.Intake, i.Hotline, i.StatusURL)
	if err := o.Validate(); err != nil {
		return nil, err
	}
	return json.Marshal(o)
}
