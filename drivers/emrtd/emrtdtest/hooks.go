package emrtdtest

import (
	"motcua/drivers/apdu"
	"motcua/drivers/emrtd/tlv"
)

// Hooks stand between the chip's logic, its secure messaging and the wire, for tests that need a chip in a state no fault names.
// Each may be nil. They are called with the chip locked: they must not call methods of the chip.
type Hooks struct {
	// Command is called before the chip handles a (plain) command; a non-nil answer is given instead, protected as usual.
	Command func(c apdu.Command) *apdu.Response
	// Response changes the chip's plain answer before protection.
	Response func(c apdu.Command, r apdu.Response) apdu.Response
	// Protected changes the data objects of a protected answer. The command is the plain one.
	Protected func(c apdu.Command, o SMObjects) SMObjects
	// Wire changes the raw answer as it leaves the chip; nil is a chip that lost power.
	Wire func(command, response []byte) []byte
	// Dynamic changes what stands in 7C of PACE step 1 to 4 (the chip's answer).
	Dynamic func(step int, objects []tlv.Object) []tlv.Object
}

// SMObjects are the data objects of a protected answer: 87 or 85 when there are data, 99, 8E, in this order. The objects come
// without Raw; one that is given Raw goes out as it stands, any other with its Tag and Value.
type SMObjects struct {
	Objects []tlv.Object
	Remac   bool // compute 8E anew over the other objects, after the change
}

func (h *Hooks) command(c apdu.Command) *apdu.Response {
	if h == nil || h.Command == nil {
		return nil
	}
	return h.Command(c)
}

func (h *Hooks) response(c apdu.Command, r apdu.Response) apdu.Response {
	if h == nil || h.Response == nil {
		return r
	}
	return h.Response(c, r)
}

func (h *Hooks) protected(c apdu.Command, o SMObjects) SMObjects {
	if h == nil || h.Protected == nil {
		return o
	}
	return h.Protected(c, o)
}

func (h *Hooks) wire(command, response []byte) []byte {
	if h == nil || h.Wire == nil {
		return response
	}
	return h.Wire(command, response)
}

func (h *Hooks) dynamic(step int, objects []tlv.Object) []tlv.Object {
	if h == nil || h.Dynamic == nil {
		return objects
	}
	return h.Dynamic(step, objects)
}

// encode joins data objects.
func encode(objects []tlv.Object) []byte {
	var out []byte
	for _, o := range objects {
		if o.Raw != nil {
			out = append(out, o.Raw...)
		} else {
			out = tlv.Append(out, o.Tag, o.Value)
		}
	}
	return out
}
