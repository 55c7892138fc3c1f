package tracearray

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/events"
	"trapline/internal/events/filter"
	"trapline/internal/events/tracefs"
)

// A histogram: "hist:keys=F[,F…][:values=F[,F…]][:sort=F[.descending][,…]][:size=N][ if EXPR]". Modifiers of fields
// other than ".hex", variables, actions and names are refused.

const (
	hitcount    = "hitcount"
	defaultSize = 2048
	// leastSize and mostSize bound the entries, which are rounded up to a power of two.
	leastSize, mostSize = 1 << 7, 1 << 17
	// maxKeys and maxValues bound the fields (TRACING_MAP_KEYS_MAX, TRACING_MAP_VALS_MAX).
	maxKeys, maxValues = 3, 3
	keyText            = 256 // bytes of a string in a key
)

type hist struct {
	keys, values []histField
	sort         []histSort
	size         int
	rows         map[string]*histRow
	hits         uint64
	dropped      uint64
}

type histField struct {
	filter.Field
	hex bool
}

type histSort struct {
	name       string
	descending bool
}

type histRow struct {
	key    []byte
	count  uint64
	values []uint64
}

// parseHist reads what stands behind "hist:", without the condition.
func parseHist(text string, fields []filter.Field) (*hist, events.Errno) {
	h := &hist{size: defaultSize, rows: map[string]*histRow{}}
	for _, part := range strings.Split(text, ":") {
		name, value, _ := strings.Cut(part, "=")
		ok := false
		switch name {
		case "keys", "key":
			h.keys, ok = histFields(value, fields, true)
		case "vals", "val", "values":
			h.values, ok = histFields(value, fields, false)
		case "sort":
			ok = h.setSort(value)
		case "size":
			ok = h.setSize(value)
		}
		if !ok {
			return nil, events.EINVAL
		}
	}
	if len(h.keys) == 0 || len(h.keys) > maxKeys || len(h.values) > maxValues || !h.canSort() {
		return nil, events.EINVAL
	}
	if h.sort == nil {
		h.sort = []histSort{{name: hitcount}}
	}
	return h, 0
}

func histFields(text string, fields []filter.Field, ofKey bool) ([]histField, bool) {
	var l []histField
	for _, w := range strings.Split(text, ",") {
		if w == hitcount && !ofKey {
			continue
		}
		name, modifier, modified := strings.Cut(w, ".")
		i := slices.IndexFunc(fields, func(f filter.Field) bool { return f.Name == name })
		if i < 0 || modified && modifier != "hex" || fields[i].Kind == filter.Text && (!ofKey || modified) ||
			fields[i].Kind > filter.Text {
			return nil, false
		}
		l = append(l, histField{fields[i], modified})
	}
	return l, true
}

func (h *hist) setSort(text string) bool {
	for _, w := range strings.Split(text, ",") {
		name, order, ordered := strings.Cut(w, ".")
		if ordered && order != "ascending" && order != "descending" {
			return false
		}
		h.sort = append(h.sort, histSort{name, order == "descending"})
	}
	return len(h.sort) <= 2
}

func (h *hist) canSort() bool {
	for _, s := range h.sort {
		is := func(f histField) bool { return f.Name == s.name }
		if s.name != hitcount && !slices.ContainsFunc(h.keys, is) && !slices.ContainsFunc(h.values, is) {
			return false
		}
	}
	return true
}

func (h *hist) setSize(text string) bool {
	n, err := strconv.ParseUint(text, 0, 31)
	if err != nil || n < leastSize || n > mostSize {
		return false
	}
	for h.size = leastSize; h.size < int(n); h.size *= 2 {
	}
	return true
}

// writeHist adds or removes a histogram.
func (a *Array) writeHist(e *tracefs.Event, t *trigger, rest string, remove bool) events.Errno {
	text, cond := rest, ""
	if i := strings.Index(rest, " if "); i >= 0 {
		text, cond = strings.TrimRight(rest[:i], spaces), rest[i+1:]
	}
	h, errno := parseHist(text, filter.Fields(e.Probes[0].Definition))
	if errno != 0 {
		return errno
	}
	t.hist = h
	if errno := t.setCondition(e, cond); errno != 0 {
		return errno
	}
	f := a.file(e)
	at := slices.IndexFunc(f.triggers, func(o *trigger) bool {
		return o.kind == histogram && o.hist.line(o) == t.hist.line(t)
	})
	switch {
	case remove && at >= 0:
		a.drop(e, at)
		return 0
	case remove:
		return 0
	case at >= 0:
		return events.EEXIST
	}
	return a.addTrigger(e, t, "", cond)
}

// removeHists is opening the trigger file with O_TRUNC (hist_unreg_all()).
func (a *Array) removeHists(e *tracefs.Event) {
	f := a.file(e)
	for i := len(f.triggers) - 1; i >= 0; i-- {
		if f.triggers[i].kind == histogram {
			a.drop(e, i)
		}
	}
}

// add counts a record.
func (h *hist) add(ev *filter.Event) {
	h.hits++
	var key []byte
	for _, f := range h.keys {
		if f.Kind == filter.Text {
			b := make([]byte, keyText)
			copy(b[:keyText-1], ev.Text(f.Field))
			key = append(key, b...)
			continue
		}
		key = binary.LittleEndian.AppendUint64(key, ev.Number(f.Field))
	}
	row := h.rows[string(key)]
	if row == nil {
		if len(h.rows) == h.size {
			h.dropped++
			h.hits--
			return
		}
		row = &histRow{key: key, values: make([]uint64, len(h.values))}
		h.rows[string(key)] = row
	}
	row.count++
	for i, f := range h.values {
		row.values[i] += ev.Number(f.Field)
	}
}

// line describes the histogram as the trigger file does.
func (h *hist) line(t *trigger) string {
	s := "hist:keys=" + joinFields(h.keys) + ":vals=" + hitcount
	if len(h.values) > 0 {
		s += "," + joinFields(h.values)
	}
	s += ":sort="
	for i, k := range h.sort {
		if i > 0 {
			s += ","
		}
		s += k.name
		if k.descending {
			s += ".descending"
		}
	}
	s += fmt.Sprintf(":size=%d", h.size) + t.condition()
	if t.paused {
		return s + " [paused]"
	}
	return s + " [active]"
}

func joinFields(l []histField) string {
	var names []string
	for _, f := range l {
		names = append(names, f.String())
	}
	return strings.Join(names, ",")
}

func (f histField) String() string {
	if f.hex {
		return f.Name + ".hex"
	}
	return f.Name
}

// histText is the hist file: every histogram of the event.
func (a *Array) histText(e *tracefs.Event) string {
	var b strings.Builder
	for _, t := range a.file(e).triggers {
		if t.kind != histogram {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString("# event histogram\n#\n# trigger info: " + t.hist.line(t) + "\n#\n\n")
		for _, row := range t.hist.sorted() {
			b.WriteString(t.hist.row(row))
		}
		fmt.Fprintf(&b, "\nTotals:\n    Hits: %d\n    Entries: %d\n    Dropped: %d\n", t.hist.hits, len(t.hist.rows), t.hist.dropped)
	}
	return b.String()
}

func (h *hist) row(r *histRow) string {
	var parts []string
	key := r.key
	for _, f := range h.keys {
		switch {
		case f.Kind == filter.Text:
			text, _, _ := strings.Cut(string(key[:keyText]), "\x00")
			parts = append(parts, fmt.Sprintf("%s: %-50s", f.Name, text))
			key = key[keyText:]
			continue
		case f.hex:
			parts = append(parts, fmt.Sprintf("%s: %x", f, binary.LittleEndian.Uint64(key)))
		default:
			parts = append(parts, fmt.Sprintf("%s: %10d", f, binary.LittleEndian.Uint64(key)))
		}
		key = key[8:]
	}
	s := "{ " + strings.Join(parts, ", ") + fmt.Sprintf(" } hitcount: %10d", r.count)
	for i, f := range h.values {
		if f.hex {
			s += fmt.Sprintf("  %s: %10x", f, r.values[i])
		} else {
			s += fmt.Sprintf("  %s: %10d", f, r.values[i])
		}
	}
	return s + "\n"
}
