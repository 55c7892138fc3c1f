package story

import "fmt"

// delivery tells a vector's way: headline, gate, frame word by word, why.
func (t *Teller) delivery(r *Record) []Line {
	d := r.Delivery
	var lines []Line
	if r.Bytes != "" {
		lines = append(lines, t.code(r)) // the instruction that asked for it, or could not be done
	}
	l := start(r)
	l.add(TrapWay, "TRAP "+trapText(&d.Trap), 0)
	l.add(Plain, fmt.Sprintf(" at %s, ring %d -> %d", r.At, d.From, d.To), 0)
	if d.Gate != nil && d.Shutdown == "" {
		l.add(Plain, ", on to ", 0)
		l.add(Place, d.Gate.To, 0)
	}
	lines = append(lines, l)
	if g := d.Gate; g != nil {
		lines = append(lines, part("gate", fmt.Sprintf("%s (bytes %s): %s, DPL %d, to %#x:%s",
			g.At, g.Raw, g.Type, g.DPL, uint64(g.CS), g.To)))
	}
	if c := changes(r); len(c) > 0 && d.Shutdown == "" {
		lines = append(lines, append(part("now", ""), c...))
	}
	label := "frame"
	if d.Switched {
		label = "stack" // a fresh one
	}
	if d.Shutdown == "" {
		for _, w := range d.Frame {
			x := part(label, "")
			x.add(Dim, w.Addr.String()+"  ", 0)
			x.add(Place, w.Name, 11)
			x.add(Plain, short(w.Value), 11)
			x.add(Plain, " "+w.Means, 0)
			lines = append(lines, x)
			label = ""
		}
	}
	lines = append(lines, reasonLines(r)...)
	if d.Shutdown != "" {
		var x Line
		x.add(Alarm, indent+"SHUTDOWN "+d.Shutdown, 0)
		lines = append(lines, x)
	}
	return lines
}

func part(label, text string) Line {
	var l Line
	l.add(Plain, indent, 0)
	l.add(Dim, label, 6)
	if text != "" {
		l.add(Plain, text, 0)
	}
	return l
}

func trapText(t *Trap) string {
	s := fmt.Sprintf("%d %s (%s)", t.Vector, t.Name, t.Kind)
	if t.ErrorCode != nil {
		s += fmt.Sprintf(", error code %#x", uint64(*t.ErrorCode))
	}
	if t.CR2 != nil {
		s += fmt.Sprintf(", CR2 %#x", uint64(*t.CR2))
	}
	return s
}

// micro tells a named piece of kernel-side work and what it changed.
func (t *Teller) micro(r *Record) []Line {
	m := r.Micro
	l := start(r)
	l.add(Work, "* "+workName(m), workWidth)
	l.add(Plain, " ", 0)
	lines := reason(l, m.Row, m.Why)
	if t.Level == Verbose {
		lines = append(lines, readLines(r)...)
	}
	c := changes(r)
	switch {
	case r.Ring == 3 && r.NextPC != r.PC: // the kernel's work for a program moves it
		if len(c) > 0 {
			c.add(Dim, ", ", 0)
		}
		c.add(Plain, "goes on at ", 0)
		c.add(Place, r.NextAt, 0)
	case r.Ring == 0 && len(r.Registers) == 1 && len(r.Flags) == 0 && t.Level == Normal:
		c = nil // the C function's result
	}
	for i := range r.Writes {
		if w := &r.Writes[i]; w.By == "micro" && w.Old != w.New {
			x := Line{{Plain, indent}}
			s := Changed
			if w.Code != "" {
				s = Alarm
			}
			x.add(s, writeText(w), 0)
			lines = append(lines, x)
		}
	}
	if len(c) > 0 {
		lines = append(lines, append(Line{{Plain, indent}}, c...))
	}
	return lines
}

// workName names a micro-step by its function too.
func workName(m *Micro) string {
	if m.In == m.Name {
		return m.Name
	}
	return m.In + ": " + m.Name
}

// quiet tells one line for what matters most.
func (t *Teller) quiet(r *Record) []Line {
	var lines []Line
	if d := r.Delivery; d != nil && !isCall(r) && !r.noted("page-fault") { // which mended it
		l := start(r)
		l.add(TrapWay, "TRAP "+trapText(&d.Trap), 0)
		l.add(Plain, " at "+r.At, 0)
		if d.Shutdown != "" {
			l.add(Alarm, ": SHUTDOWN "+d.Shutdown, 0)
		}
		lines = append(lines, l)
	}
	return append(lines, t.notes(r)...)
}
