package tracefs_test

import (
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
)

// retrace reads a recorded trace line back into a record and prints it anew,
// which checks everything about a line but where its values came from. The
// probe's definition says what the values are.
func (k *kernel) retrace(r *tracefs.Registry, o tracefs.TraceOptions, line string) (string, error) {
	entry, rest, err := readContext(o, line)
	if err != nil {
		return "", err
	}
	name, _, _ := strings.Cut(rest, ":")
	for _, p := range r.Probes() {
		if p.On.Name != name {
			continue
		}
		rec, err := k.readRecord(p, rest[len(name)+2:])
		if err != nil {
			return "", err
		}
		var l fetch.Line
		tracefs.AppendTraceLine(&l, o, entry, rec, fetch.Names{Symbols: k})
		return strings.TrimSuffix(string(l.Text), "\n"), nil
	}
	return "", fmt.Errorf("no event %q", name)
}

// readContext reads what stands before the function column.
func readContext(o tracefs.TraceOptions, line string) (tracefs.TraceEntry, string, error) {
	if o.NoContext {
		return tracefs.TraceEntry{}, line, nil
	}
	pattern := `^ *(\S+)-(\d+) +`
	if o.RecordTGID {
		pattern += `\((-+| *\d+)\) `
	} else {
		pattern += `()`
	}
	pattern += `\[(\d+)\] `
	if !o.NoIRQInfo {
		pattern += `(\S{5})`
	} else {
		pattern += `()`
	}
	pattern += ` +(\d+)(?:\.(\d{6}))?: `
	m := regexp.MustCompile(pattern).FindStringSubmatch(line)
	if m == nil {
		return tracefs.TraceEntry{}, "", fmt.Errorf("not a trace line: %q", line)
	}
	num := func(s string) int { n, _ := strconv.Atoi(strings.Trim(s, " -")); return n }
	e := tracefs.TraceEntry{Comm: m[1], PID: num(m[2]), TGID: num(m[3]), CPU: num(m[4]), Flags: m[5], Time: uint64(num(m[6]))}
	if !o.Counter {
		e.Time = e.Time*1_000_000_000 + uint64(num(m[7]))*1000
	}
	return e, line[len(m[0]):], nil
}

// readRecord reads "(PLACE) name=value …".
func (k *kernel) readRecord(p *tracefs.Probe, text string) (fetch.Record, error) {
	program := fetch.Compile(p.Definition)
	place, text, ok := strings.Cut(strings.TrimPrefix(text, "("), ")")
	if !ok {
		return fetch.Record{}, fmt.Errorf("no place in %q", text)
	}
	data := make([]byte, p.HeaderSize()+p.Size)
	addrs := []string{place}
	if ret, fn, ok := strings.Cut(place, " <- "); ok {
		addrs = []string{fn, ret}
	}
	for i, s := range addrs {
		addr, err := k.readAddress(s)
		if err != nil {
			return fetch.Record{}, err
		}
		binary.LittleEndian.PutUint64(data[events.CommonSize+8*i:], addr)
	}
	for i := range p.Args {
		a := &p.Args[i]
		next := "\x00"
		if i+1 < len(p.Args) {
			next = " " + p.Args[i+1].Name + "="
		}
		var value string
		value, text, _ = strings.Cut(text, next)
		if i+1 < len(p.Args) {
			text = next + text
		}
		var err error
		if data, err = k.readArg(data, p.HeaderSize()+a.Offset, a, strings.TrimPrefix(value, " "+a.Name+"=")); err != nil {
			return fetch.Record{}, err
		}
	}
	return fetch.Record{Program: program, Data: data}, nil
}

func (k *kernel) readArg(data []byte, at int, a *events.Arg, text string) ([]byte, error) {
	values := []string{text}
	if a.Count > 0 {
		values = strings.Split(strings.Trim(text, "{}"), ",")
	}
	for i, s := range values {
		place := at + i*a.Type.Size
		if a.Type.IsString() {
			loc := uint32(0)
			if s != "(fault)" {
				loc = uint32(len(s)-1)<<16 | uint32(len(data))
				data = append(data, s[1:len(s)-1]+"\x00"...)
			}
			binary.LittleEndian.PutUint32(data[place:], loc)
			continue
		}
		v, err := k.readAddress(s)
		if err != nil {
			return nil, err
		}
		copy(data[place:place+a.Type.Size], binary.LittleEndian.AppendUint64(nil, v))
	}
	return data, nil
}

// readAddress reads a number of any printed form, or a symbol with offset
// and size, or a function's name.
func (k *kernel) readAddress(s string) (uint64, error) {
	if v, err := strconv.ParseInt(s, 0, 64); err == nil {
		return uint64(v), nil
	}
	if v, err := strconv.ParseUint(s, 0, 64); err == nil {
		return v, nil
	}
	name, rest, _ := strings.Cut(s, "+")
	addr, ok := k.Address(name)
	if !ok {
		return 0, fmt.Errorf("unknown symbol %q", s)
	}
	if rest == "" {
		return addr, nil
	}
	off, _, _ := strings.Cut(rest, "/")
	v, err := strconv.ParseUint(off, 0, 64)
	return addr + v, err
}
