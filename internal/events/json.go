package events

import (
	"encoding/json"
	"strconv"
)

// MarshalJSON gives the definition as one object: kind, type ("p" or "r"),
// group, event, the place (symbol and offset, address, or path and offset)
// and the arguments. Addresses are strings with 0x, since JSON numbers lose
// the low bits of 64.
func (d *Definition) MarshalJSON() ([]byte, error) {
	v := struct {
		Kind       string  `json:"kind"`
		Type       string  `json:"type"`
		Arch       string  `json:"arch"`
		Group      string  `json:"group"`
		Event      string  `json:"event"`
		MaxActive  int     `json:"maxactive,omitempty"`
		Symbol     string  `json:"symbol,omitempty"`
		Offset     *uint32 `json:"offset,omitempty"`
		Address    string  `json:"address,omitempty"`
		Path       string  `json:"path,omitempty"`
		FileOffset string  `json:"file_offset,omitempty"`
		RefCounter string  `json:"ref_counter,omitempty"`
		Args       []Arg   `json:"args"`
	}{
		Kind: d.Kind.String(), Type: string(d.letter()), Arch: d.Arch.String(),
		Group: d.Group, Event: d.Event, MaxActive: d.MaxActive,
		Symbol: d.Symbol, Path: d.Path, Args: d.Args,
	}
	switch {
	case d.Kind == Uprobe:
		v.FileOffset = hex(d.FileOffset)
		if d.RefCounter != 0 {
			v.RefCounter = hex(d.RefCounter)
		}
	case d.isAddress():
		v.Address = hex(d.Address)
	default:
		v.Offset = &d.Offset
	}
	if v.Args == nil {
		v.Args = []Arg{}
	}
	return json.Marshal(v)
}

func hex(v uint64) string { return "0x" + strconv.FormatUint(v, 16) }

// MarshalJSON gives name, text as written, type, array length and the
// expression tree.
func (a Arg) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Name     string    `json:"name"`
		Text     string    `json:"text"`
		Type     string    `json:"type"`
		Count    int       `json:"count,omitempty"`
		Bitfield *Bitfield `json:"bitfield,omitempty"`
		Offset   int       `json:"record_offset"`
		Size     int       `json:"record_size"`
		Expr     *Expr     `json:"expr"`
	}{a.Name, a.Text, a.Type.Name, a.Count, a.Bitfield, a.Offset, a.Size(), a.Expr})
}

// MarshalJSON gives the shifts, in bits.
func (b Bitfield) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]uint8{"left": b.Left, "right": b.Right})
}

// MarshalJSON gives the form and what belongs to it.
func (e *Expr) MarshalJSON() ([]byte, error) {
	v := map[string]any{"kind": e.Kind.String()}
	switch e.Kind {
	case Register:
		v["register"] = e.Reg.String()
	case StackEntry, Argument:
		v["index"] = e.Index
	case Immediate, MemoryAddress, MemoryFile:
		v["value"] = hex(e.Value)
	case ImmediateString:
		v["string"] = e.Text
	case MemorySymbol:
		v["symbol"] = e.Text
	case Dereference:
		v["offset"], v["user"], v["of"] = e.Offset, e.User, e.Inner
	}
	return json.Marshal(v)
}

// MarshalJSON gives errno, its name, and what error_log says.
func (e *Error) MarshalJSON() ([]byte, error) {
	v := struct {
		Errno   Errno  `json:"errno"`
		Name    string `json:"name"`
		Problem string `json:"problem,omitempty"`
		Text    string `json:"text,omitempty"`
		Command string `json:"command,omitempty"`
		Pos     *int   `json:"pos,omitempty"`
		Log     string `json:"log,omitempty"`
		Reason  string `json:"reason,omitempty"`
	}{e.Errno, e.Errno.Name(), e.Problem.Name(), e.Text(), e.Command, nil, e.LogText(), e.Reason}
	if e.Problem != NoProblem {
		v.Pos = &e.Pos
	}
	return json.Marshal(v)
}
