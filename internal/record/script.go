package record

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The script of a run, byte-coded:
//
//	script = { run }
//	run    = uvarint( (count-1)<<6 | actor )     count steps of actor in a row
//
// Actors are numbered as in package sched: vCPUs, then interrupts to raise. A
// run of one or two steps is one byte.

const actorBits = 6 // sched.MaxActors is 64

// script is who took each step. The last run is open: it may still grow.
type script struct {
	data  []byte // closed runs
	cpu   int    // actor of the open run
	open  uint64 // its steps; 0: there is none
	steps uint64 // in all
}

// cursor is a place in a script: used steps of the run at data offset off. The
// open run is at the end of data, where it will be written when it closes.
type cursor struct {
	off  int
	used uint64
}

func (s *script) add(cpu int) {
	s.steps++
	if s.open > 0 && s.cpu == cpu {
		s.open++
		return
	}
	s.data = s.closed()
	s.cpu, s.open = cpu, 1
}

// closed is the script's bytes with the open run written.
func (s *script) closed() []byte {
	if s.open == 0 {
		return s.data
	}
	return binary.AppendUvarint(s.data, (s.open-1)<<actorBits|uint64(s.cpu))
}

// run is the run at offset off and the offset behind it.
func (s *script) run(off int) (cpu int, count uint64, next int) {
	if off >= len(s.data) {
		return s.cpu, s.open, off
	}
	v, n := binary.Uvarint(s.data[off:])
	return int(v & (1<<actorBits - 1)), v>>actorBits + 1, off + n
}

// peek is who takes the step at c; false at the end.
func (s *script) peek(c cursor) (cpu int, ok bool) {
	cpu, count, next := s.run(c.off)
	if c.used < count {
		return cpu, true
	}
	if next == c.off {
		return 0, false
	}
	cpu, count, _ = s.run(next)
	return cpu, count > 0
}

// advance moves c over one step.
func (s *script) advance(c *cursor) {
	_, count, next := s.run(c.off)
	if c.used == count {
		c.off, c.used = next, 0
	}
	c.used++
}

// prefix is the script up to c, which is at the given step.
func (s *script) prefix(c cursor, step uint64) script {
	cpu, _, _ := s.run(c.off)
	return script{data: append([]byte(nil), s.data[:c.off]...), cpu: cpu, open: c.used, steps: step}
}

// taken gives who took each step.
func (s *script) taken(yield func(actor int) bool) {
	var c cursor
	for {
		cpu, ok := s.peek(c)
		if !ok || !yield(cpu) {
			return
		}
		s.advance(&c)
	}
}

var errScript = errors.New("not a script of runs")

// readScript checks the bytes of a script of so many actors.
func readScript(data []byte, actors int) (script, error) {
	s := script{data: data}
	for off := 0; off < len(data); {
		v, n := binary.Uvarint(data[off:])
		if n <= 0 {
			return script{}, fmt.Errorf("%w: byte %d", errScript, off)
		}
		cpu, count := int(v&(1<<actorBits-1)), v>>actorBits+1
		if cpu >= actors {
			return script{}, fmt.Errorf("%w: byte %d: actor %d of %d", errScript, off, cpu, actors)
		}
		if s.steps += count; count > MaxSteps || s.steps > MaxSteps {
			return script{}, fmt.Errorf("%w: more than %d steps", errScript, MaxSteps)
		}
		off += n
	}
	return s, nil
}
