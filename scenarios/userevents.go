package scenarios

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/emu/loader"
	"trapline/kprobes/events"
	"trapline/kprobes/events/tracefs"
	"trapline/scenarios/format"
)

// errRefused is the class of definitions that the kernel does not take.
var errRefused = errors.New("the kernel refuses it")

// define gives a line to uprobe_events. Its error is what the kernel says.
func (w *userWorld) define(line string) error {
	named, err := resolvePlace(line, w.File.Linux.Path, w.image)
	if err != nil {
		return err
	}
	v := w.registry.Judge(tracefs.UprobeEvents, named)
	if v.Err != nil {
		return fmt.Errorf("%w: %s", errRefused, strings.TrimSpace(v.Text(false)))
	}
	if p := v.Probe; p != nil {
		var addr uint64 // of another file: unknown
		if p.Path == w.File.Linux.Path {
			addr, _ = w.image.AddrOfOffset(p.FileOffset)
		}
		w.probes = append(w.probes, &userProbe{name: p.On.Name, addr: addr, returns: p.Return, def: p})
	}
	return nil
}

// enableAll enables the events, with the program mapped (U16).
func (w *userWorld) enableAll() {
	for _, e := range w.registry.Events() {
		err := w.registry.SetEvent(e.Group, e.Name, true)
		errno, _ := err.(events.Errno)
		for _, p := range w.probes {
			if p.def != nil && p.def.On == e {
				p.refused = errno
			}
		}
	}
}

// resolvePlace makes the place of a definition what the kernel takes,
// PATH:0xOFFSET, of PATH:SYMBOL[+OFFSET]. What stands behind it stays.
func resolvePlace(line, program string, img *loader.Image) (string, error) {
	words := strings.Fields(line)
	if len(words) < 2 || strings.HasPrefix(line, "-") {
		return line, nil
	}
	colon := strings.LastIndexByte(words[1], ':')
	if colon <= 0 || colon+1 == len(words[1]) || words[1][colon+1] >= '0' && words[1][colon+1] <= '9' {
		return line, nil // an offset already, or the kernel says what is wrong
	}
	path, place := words[1][:colon], words[1][colon+1:]
	if path != program {
		return "", fmt.Errorf("symbols are known of %s only, not of %s", program, path)
	}
	rest := ""
	if at := strings.IndexAny(place, "%("); at >= 0 {
		place, rest = place[:at], place[at:]
	}
	offset, err := symbolOffset(place, img)
	if err != nil {
		return "", err
	}
	words[1] = fmt.Sprintf("%s:%#x%s", path, offset, rest)
	return strings.Join(words, " "), nil
}

// symbolOffset is the file offset of SYMBOL[+OFFSET].
func symbolOffset(place string, img *loader.Image) (uint64, error) {
	name, add, plus := strings.Cut(place, "+")
	var offset uint64
	if plus {
		var err error
		if offset, err = strconv.ParseUint(add, 0, 64); err != nil {
			return 0, fmt.Errorf("offset %q behind the symbol; expected a number", add)
		}
	}
	s, ok := img.Symbols.Lookup(name)
	if !ok {
		return 0, fmt.Errorf("the program has no symbol %q", name)
	}
	off, ok := img.OffsetOfAddr(s.Addr + offset)
	if !ok {
		return 0, fmt.Errorf("%s is not in the program's file", place)
	}
	return off, nil
}

// control writes and reads control files.
func (w *userWorld) control(s *format.Step) (string, error) {
	const file = "uprobe_events"
	group, name, enable := enableFile(s.Word)
	switch {
	case s.Verb == "echo" && s.Word == file:
		return w.echo(s)
	case s.Verb == "echo" && enable && (s.Text == "0" || s.Text == "1"):
		return refusal(w.registry.SetEvent(group, name, s.Text == "1")), nil
	case s.Verb == "cat" && s.Word == "trace":
		return strings.Join(w.eventLines(), "\n"), nil
	case s.Verb == "cat" && s.Word == "uprobe_profile":
		return w.registry.UprobeProfile(w.tracer.Counts), nil
	case s.Verb == "cat" && s.Word == file:
		return w.registry.Read(tracefs.UprobeEvents), nil
	case s.Verb == "cat" && s.Word == "error_log":
		return w.registry.ErrorLog(), nil
	}
	return "", s.Pos.Error(w.File.Name, "uprobe_events, events/GROUP/EVENT/enable, uprobe_profile, trace or error_log", "%s of %q", s.Verb, s.Word)
}

// echo writes a line to uprobe_events. What the kernel says to a line that it
// does not take is the output.
func (w *userWorld) echo(s *format.Step) (string, error) {
	if !s.Append {
		if err := w.registry.Truncate(tracefs.UprobeEvents); err != nil {
			return refusal(err), nil
		}
		w.probes = slices.DeleteFunc(w.probes, func(p *userProbe) bool { return p.def != nil })
	}
	err := w.define(s.Text)
	if errors.Is(err, errRefused) {
		return err.Error(), nil
	}
	if err != nil {
		return "", s.Pos.Error(w.File.Name, "", "%v", err)
	}
	return "", nil
}

// enableFile takes events/GROUP/EVENT/enable apart.
func enableFile(path string) (group, event string, ok bool) {
	parts := strings.Split(path, "/")
	if len(parts) != 4 || parts[0] != "events" || parts[3] != "enable" {
		return "", "", false
	}
	return parts[1], parts[2], true
}

// refusal is what a write that is refused gives; "" for one that is not.
func refusal(err error) string {
	var errno events.Errno
	if errors.As(err, &errno) {
		return fmt.Sprintf("errno=%d %s", errno, errno.Name())
	}
	return ""
}
