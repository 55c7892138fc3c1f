package sweep

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Version is that of the lines of a sweep's file.
const Version = 1

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
			if err := decode(line, &head); err != nil || head.Type != "sweep" {
				return head, nil, 0, fmt.Errorf("%w: line 1 is no head of one", ErrForeign)
			}
			if head.V != Version {
				return head, nil, 0, fmt.Errorf("%w: version %d; this program reads %d", ErrForeign, head.V, Version)
			}
			whole += end + 1
			continue
		}
		var r Result
		if err := decode(line, &r); err != nil || r.Type != "search" {
			return head, nil, 0, fmt.Errorf("%w: line %d is no result", ErrForeign, n)
		}
		whole += end + 1
		results = append(results, r)
	}
	if n == 0 && len(data) > 0 {
		return head, nil, 0, fmt.Errorf("%w: line 1 is no head of one", ErrForeign)
	}
	return head, results, whole, nil
}

func decode(line []byte, v any) error {
	if len(line) > MaxLine {
		return io.ErrShortBuffer
	}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Line is plain data as a line of JSON.
func Line(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always marshals
	}
	return append(b, '\n')
}
