package emu

import "time"

// breathEvery is how long a run keeps the host's event loop waiting.
const breathEvery = 50 * time.Millisecond

var lastBreath = time.Now()

// breathe lets the host's event loop go on now and then: on js a goroutine that
// never waits keeps timers from firing and messages from arriving.
func breathe() {
	if time.Since(lastBreath) < breathEvery {
		return
	}
	time.Sleep(time.Millisecond)
	lastBreath = time.Now()
}
