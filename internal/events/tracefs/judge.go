package tracefs

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"trapline/internal/events"
)

// Verdict is what the kernel would say to one line of definitions.
type Verdict struct {
	Line string
	// Err is nil for a line that was accepted.
	Err *events.Error
	// Probe is the probe that the line defined; nil for a deletion, a blank
	// line or a comment.
	Probe    *Probe
	Later    string // of a refused line: what a later kernel takes of it, and since which version
	Meant    string // of a refused line: the register that it probably means
	Readback string // of the probe, without a newline
	Format   string // of the probe's event
	// Enabling is how enabling a uprobe is refused that was defined (U16); nil: it is not, or nobody knows. Judge leaves it nil.
	Enabling *Enabling
}

// Enabling is a refusal to enable an event while a process maps its place.
type Enabling struct {
	Errno events.Errno
	Why   string // a clause
	Row   string // of the semantics checklist, or ""
}

// MarshalJSON gives errno, its name, why, and the row as id.
func (e *Enabling) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Errno events.Errno `json:"errno"`
		Name  string       `json:"name"`
		Why   string       `json:"why"`
		ID    string       `json:"id,omitempty"`
	}{e.Errno, e.Errno.Name(), e.Why, e.Row})
}

// Agrees tells whether two kernels give one answer, however they spell it.
func (v Verdict) Agrees(o Verdict) bool {
	if v.Err == nil || o.Err == nil {
		return v.Err == nil && o.Err == nil && v.Readback == o.Readback
	}
	return v.Err.Errno == o.Err.Errno && v.Err.Problem == o.Err.Problem && v.Err.Pos == o.Err.Pos
}

// Judge writes one line to the file and tells what came of it. Lines judged
// with one registry are lines appended to one file, so that names clash and
// events can be deleted again.
func (r *Registry) Judge(f File, line string) Verdict {
	v := Verdict{Line: line}
	before := r.Probes()
	if err := r.Write(f, []byte(line+"\n")); err != nil {
		kind := events.Kprobe
		if f == UprobeEvents {
			kind = events.Uprobe
		}
		v.Err, v.Later = asError(err), events.Later(kind, line)
		v.Meant = events.Meant(r.cfg.Arch, v.Err)
		return v
	}
	if n := len(r.probes); n > 0 && !slices.Contains(before, r.probes[n-1]) {
		v.Probe = r.probes[n-1]
		v.Readback = v.Probe.Readback(r.cfg.HashPointer)
		v.Format = v.Probe.On.Format()
	}
	return v
}

func asError(err error) *events.Error {
	var e *events.Error
	if errors.As(err, &e) {
		return e
	}
	var errno events.Errno
	errors.As(err, &errno)
	return &events.Error{Errno: errno, Reason: errnoReasons[errno]}
}

var errnoReasons = map[events.Errno]string{
	events.EBUSY:  "the event is enabled",
	events.ENOENT: "no event of that name",
}

// Text is the verdict as `trapline events` prints it: "ok READBACK" or
// "errno=22 EINVAL", then, indented by two spaces, the format file if it is
// wanted or the error_log text.
func (v Verdict) Text(format bool) string {
	var b strings.Builder
	detail := ""
	if v.Err != nil {
		fmt.Fprintf(&b, "errno=%d %s\n", v.Err.Errno, v.Err.Errno.Name())
		detail = v.Err.LogText()
		for _, hint := range []string{v.Later, v.Meant} {
			if hint != "" {
				detail += hint + "\n"
			}
		}
	} else {
		b.WriteString(strings.TrimSuffix("ok "+v.Readback, " ") + "\n")
		if format {
			detail = v.Format
		}
		if e := v.Enabling; e != nil {
			detail = strings.TrimSuffix(fmt.Sprintf("enabling it while it is mapped: errno=%d %s: %s (%s)", e.Errno, e.Errno.Name(), e.Why, e.Row), " ()") + "\n" + detail
		}
	}
	for line := range strings.Lines(detail) {
		b.WriteString("  " + line)
	}
	return b.String()
}

// MarshalJSON gives the line, ok, and either the probe with its readback and
// format, or the error.
func (v Verdict) MarshalJSON() ([]byte, error) {
	out := struct {
		Line     string             `json:"line"`
		OK       bool               `json:"ok"`
		Readback string             `json:"readback,omitempty"`
		Format   string             `json:"format,omitempty"`
		Probe    *events.Definition `json:"probe,omitempty"`
		Error    *events.Error      `json:"error,omitempty"`
		Later    string             `json:"later,omitempty"`
		Meant    string             `json:"meant,omitempty"`
		Enabling *Enabling          `json:"enabling,omitempty"`
	}{Line: v.Line, Later: v.Later, Meant: v.Meant, Enabling: v.Enabling, OK: v.Err == nil, Readback: v.Readback, Format: v.Format, Error: v.Err}
	if v.Probe != nil {
		out.Probe = v.Probe.Definition
	}
	return json.Marshal(out)
}
