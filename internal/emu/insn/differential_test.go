package insn

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
)

// sample is one candidate with what Decode and objdump say about it.
type sample struct {
	mode Mode
	code []byte
	inst Inst
	err  error
	obj  disasm
	at   uint64 // address at which objdump saw it
}

func (s sample) String() string {
	return fmt.Sprintf("%v % x: ours %d bytes, %v; objdump %d bytes, %q", s.mode, s.code, s.inst.Len, s.err, s.obj.len, s.obj.text)
}

// agrees reports that both take the bytes as a valid instruction of the same length, or both as invalid.
func (s sample) agrees() bool {
	if s.err != nil {
		return errors.Is(s.err, ErrInvalid) && s.obj.bad()
	}
	return !s.obj.bad() && s.inst.Len == s.obj.len
}

// TestAgainstObjdump holds Decode to GNU objdump's opinion on validity and length; what differs must be in
// knownDifferences. Instructions on which they agree are compared operand by operand and by mnemonic.
func TestAgainstObjdump(t *testing.T) {
	random := rand.New(rand.NewPCG(14, 3))
	needTool(t, "objdump")
	differences := &usage{count: map[*difference]int{}}
	t.Run("candidates", func(t *testing.T) {
		for _, c := range []struct {
			name string
			mode Mode
			code [][]byte
		}{
			{"legacy", Mode16, legacyCandidates()},
			{"legacy", Mode32, legacyCandidates()},
			{"legacy", Mode64, legacyCandidates()},
			{"vex", Mode32, vexCandidates()},
			{"vex", Mode64, vexCandidates()},
			{"random", Mode32, randomCandidates(random, 25000)},
			{"random", Mode64, randomCandidates(random, 25000)},
			{"random", Mode64AMD, randomCandidates(random, 25000)},
			{"random", Mode16, randomCandidates(random, 25000)},
		} {
			t.Run(c.name+"/"+c.mode.String(), func(t *testing.T) {
				t.Parallel()
				compareWithObjdump(t, c.mode, c.code, differences)
			})
		}
	})
	for n := range knownDifferences {
		if d := &knownDifferences[n]; !t.Failed() && differences.count[d] == 0 && d.concerns(objdumpVersion()) {
			t.Errorf("no sample differs for this reason any more: %s", d.reason)
		}
	}
}

func compareWithObjdump(t *testing.T, m Mode, code [][]byte, differences *usage) {
	agreed := 0
	failures := &report{t: t, left: 5}
	for n, d := range objdumpSlots(t, m, code) {
		s := sample{mode: m, code: code[n], obj: d, at: uint64(n * slotSize)}
		s.inst, s.err = Decode(s.code, m)
		if !s.agrees() {
			if reason := known(s); reason != nil {
				differences.add(reason)
			} else {
				failures.add("%v", s)
			}
			continue
		}
		agreed++
		if s.err != nil || forgotten(s) {
			continue
		}
		if why := compareOperands(s); why != "" {
			failures.add("%s: %v", why, s)
		}
	}
	if agreed < len(code)/2 {
		t.Errorf("agreed on %d of %d only: is objdump's output read correctly?", agreed, len(code))
	}
}

// usage counts which differences were met.
type usage struct {
	sync.Mutex
	count map[*difference]int
}

func (u *usage) add(d *difference) {
	u.Lock()
	u.count[d]++
	u.Unlock()
}

// report prints the first failures only.
type report struct {
	t    *testing.T
	left int
}

func (r *report) add(format string, args ...any) {
	r.t.Helper()
	if r.left--; r.left >= 0 {
		r.t.Errorf(format, args...)
	} else {
		r.t.Fail()
	}
}
