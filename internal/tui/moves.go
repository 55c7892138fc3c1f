package tui

import "trapline/internal/transition"

// jobState is what becomes of a job.
type jobState uint8

const (
	jobGoes   jobState = iota
	jobStops           // esc was pressed: it stops where it is
	jobLeaves          // q was pressed: it stops, and the UI ends
	jobOver            // its goroutine has ended, the session is the UI's again
)

func (s jobState) String() string { return [...]string{"going", "stopping", "leaving", "over"}[s] }

// jobStates lists which state may follow which.
var jobStates = transition.Table[jobState]{
	jobGoes:   {jobStops, jobLeaves, jobOver},
	jobStops:  {jobStops, jobLeaves, jobOver},
	jobLeaves: {jobLeaves, jobOver},
	jobOver:   {},
}

func (j *job) become(s jobState) { j.state = jobStates.Next("tui: a job", j.state, s) }

// end has a job end, and the UI behind it if it leaves. Who has asked to leave does.
func (j *job) end(s jobState) {
	if j.state != jobLeaves {
		j.become(s)
	}
	j.stop()
}
