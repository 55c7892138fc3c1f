package tracefs

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/events/fetch"
)

// TestContextAsPrintf: the columns ahead of the function are those that the kernel's format strings make
// (trace_print_context()), also of values that are wider than a column.
func TestContextAsPrintf(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		o := TraceOptions{NoIRQInfo: rnd.IntN(2) == 0, RecordTGID: rnd.IntN(2) == 0, Counter: rnd.IntN(2) == 0}
		e := TraceEntry{
			Comm: strings.Repeat("x", rnd.IntN(20)), PID: rnd.IntN(1 << rnd.IntN(31)), TGID: rnd.IntN(1 << rnd.IntN(31)), CPU: rnd.IntN(1 << rnd.IntN(13)),
			Flags: Int3Flags, Time: rnd.Uint64() >> rnd.IntN(64),
		}
		want := fmt.Sprintf("%16s-%-7d ", e.Comm, e.PID)
		if o.RecordTGID && e.TGID == 0 {
			want += "(-------) "
		} else if o.RecordTGID {
			want += fmt.Sprintf("(%7d) ", e.TGID)
		}
		want += fmt.Sprintf("[%03d] ", e.CPU)
		if !o.NoIRQInfo {
			want += e.Flags
		}
		if o.Counter {
			want += fmt.Sprintf(" %12d: ", e.Time)
		} else {
			want += fmt.Sprintf(" %5d.%06d: ", e.Time/1000/1e6, e.Time/1000%1e6)
		}
		var l fetch.Line
		AppendTraceContext(&l, o, e)
		assert.Equal(t, want, string(l.Text))
	}
}
