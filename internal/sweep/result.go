package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"trapline/internal/printable"
)

// Version is that of the lines of a sweep's file.
const Version = 2

// Outcomes of a search.
const (
	Holds      = "holds"      // every schedule was covered
	Undecided  = "undecided"  // nothing was found, and not every schedule covered
	Violated   = "violated"   // a schedule violates something
	Impossible = "impossible" // the engine cannot run the scenario
	Failed     = "failed"     // a worker could not make it
)

// Head is the first line of a sweep's file.
type Head struct {
	Type     string `json:"type"` // "sweep"
	V        int    `json:"v"`
	Searches int    `json:"searches"` // of the whole sweep
	Plan     string `json:"plan"`     // checksum of their keys
	Shard    int    `json:"shard,omitempty"`
	Shards   int    `json:"shards,omitempty"`
}

// Result is a line of a sweep's file: one search.
type Result struct {
	Type string `json:"type"` // "search"
	V    int    `json:"v"`
	Key
	Outcome  string `json:"outcome"`
	Verdict  string `json:"verdict,omitempty"`
	Property string `json:"property,omitempty"`
	Row      string `json:"row,omitempty"`
	Text     string `json:"text,omitempty"` // of the violation, or why it is impossible
	Schedule string `json:"schedule,omitempty"`
	Places   string `json:"places,omitempty"` // of the schedule
	// Expected: the file's member explore says that this is found.
	Expected  bool    `json:"expected,omitempty"`
	Schedules uint64  `json:"schedules"`
	States    int     `json:"states"`
	Steps     uint64  `json:"steps"`
	Seconds   float64 `json:"seconds,omitempty"`
}

// Command is the line that runs the schedule that was found.
func (r *Result) Command() string {
	return "trapline run " + printable.ShellWord(r.Scenario) + " --engine " + printable.ShellWord(r.Engine) + " --schedule " + printable.ShellWord(r.Schedule)
}

// ErrForeign is returned for a file that no sweep has written.
var ErrForeign = errors.New("not a file of trapline sweep")

// MaxLine bounds a line of a sweep's file, in bytes.
const MaxLine = 1 << 20

// Read reads a sweep's file. A last line that was cut off, as by a kill, is
// left out: whole is how many bytes are before it.
func Read(data []byte) (head Head, results []Result, whole int, err error) {
	n := 0
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			break
		}
		line := data[:end]
		data = data[end+1:]
		n++
		if n == 1 {
			if err := decode(line, &head); err != nil || head.Type != "sweep" || head.Searches < 0 {
				return head, nil, 0, fmt.Errorf("%w: line 1 is no head of one", ErrForeign)
			}
			if head.V != Version {
				return head, nil, 0, fmt.Errorf("%w: version %d; this program reads %d", ErrForeign, head.V, Version)
			}
			whole += end + 1
			continue
		}
		var r Result
		err := decode(line, &r)
		if err == nil {
			err = r.check()
		}
		if err != nil {
			return head, nil, 0, fmt.Errorf("%w: line %d is no result: %w", ErrForeign, n, err)
		}
		whole += end + 1
		results = append(results, r)
	}
	if n == 0 && len(data) > 0 {
		return head, nil, 0, fmt.Errorf("%w: line 1 is no head of one", ErrForeign)
	}
	return head, results, whole, nil
}

// check demands of a line what each one says that a search has come to.
func (r *Result) check() error {
	switch {
	case r.Type != "search":
		return fmt.Errorf("type %q; expected search", r.Type)
	case r.V != Version:
		return fmt.Errorf("version %d; this program reads %d", r.V, Version)
	case r.Scenario == "" || r.Sum == "" || r.Engine == "" || r.Strategy == "":
		return errors.New("it does not say what was searched")
	case (r.Outcome == Violated) != (r.Schedule != "") || (r.Outcome == Violated) != (r.Property != ""):
		return fmt.Errorf("outcome %q with property %q and schedule %q", r.Outcome, r.Property, r.Schedule)
	case r.Expected && r.Outcome != Violated:
		return fmt.Errorf("outcome %q is expected", r.Outcome)
	}
	switch r.Outcome {
	case Holds, Undecided, Violated, Impossible, Failed:
		return nil
	}
	return fmt.Errorf("outcome %q", r.Outcome)
}

// decode reads one object, each of its members once.
func decode(line []byte, v any) error {
	if len(line) > MaxLine {
		return io.ErrShortBuffer
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("there is more behind it")
	}
	return once(line)
}

// once demands that no name is there twice in an object of plain values: the decoder takes the last one.
func once(line []byte) error {
	d := json.NewDecoder(bytes.NewReader(line))
	seen := map[string]bool{}
	for name := true; ; name = !name {
		t, err := d.Token()
		if err != nil {
			return nil // the end: the line has been decoded before
		}
		if _, bracket := t.(json.Delim); bracket {
			name = false // the next one is
			continue
		}
		if text, ok := t.(string); ok && name {
			if text = strings.ToLower(text); seen[text] {
				return fmt.Errorf("%q is there twice", text)
			}
			seen[text] = true
		}
	}
}

// Line is plain data as a line of JSON.
func Line(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always marshals
	}
	return append(b, '\n')
}
