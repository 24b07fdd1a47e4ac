/*
 * The rules of credit, PROTOCOL.md section 10: two sides that send to each other in two calls at once, over one connection
 * that holds one frame each way. Sizes are in units of 16,384 bytes, so that the initial window is 4 and half of it 2.
 *
 * Searched is every order of events. No frame may go beyond the window that its receiver keeps; no call may make it keep more
 * than a window and one message; and when nothing can happen any more, every message has been taken, but for those of a
 * call that nobody reads on or that was cancelled. So a slow reader stops its own call alone, and no two sides wait for
 * each other.
 *
 *   spin -DSTOPS -DMESSAGES=1 -a credit.pml && gcc -O1 -DSAFETY -o pan pan.c && ./pan -m100000
 *
 * What a search is about: MESSAGES of each side in each call (2), CALLS (2), STOPS (readers of the slow call that stop),
 * CANCEL_CALLS (its opener may cancel it), GROW (windows may grow), KEPT (what is kept is counted, where windows do not
 * grow), ONE_WAY (the slow call has messages from one side), ADVANCE (what the calls of a side may owe together), FRAGMENT (the largest one). Each of the macros BROKEN_... leaves out one rule, and the
 * search then says why it is there. credit.test.ts runs them all.
 */

#define WINDOW 4
#define HALF 2
/* The largest fragment costs a whole initial window; with an advance it may cost more. */
#ifndef FRAGMENT
#define FRAGMENT 4
#endif
/* Windows may grow, up to here. */
#define GROWN 6
/* A message that fits no initial window. */
#define LONG 5
#ifndef MESSAGES
#define MESSAGES 2
#endif

#ifndef CALLS
#define CALLS 2
#endif
/* The call that may be left unread, and cancelled by its opener, which is side 0. */
#define SLOW 0
#ifndef ADVANCE
#define ADVANCE 0
#endif
#define ENDS (2 * CALLS)
#define at(side, call) ((side) * CALLS + (call))

mtype = { DATA, CREDIT, CANCEL };

/* From each side: type, call, cost or credit, whether another fragment follows. */
chan wire[2] = [1] of { mtype, byte, byte, bool };
/* What a side may still send in a call; below 0 what it owes. */
short window[ENDS] = WINDOW;
/* What it still lets the other side send. */
short allowed[ENDS] = WINDOW;
/* What is left of the advance, for what a side sends and for what it lets the other side send. */
byte spare[2] = ADVANCE;
byte lends[2] = ADVANCE;
/* What it has consumed and not granted, and granted and not written: Credit is merged for each call. */
byte consumed[ENDS];
byte owed[ENDS];
/* Whole messages that wait for the application: what is consumed once they are taken, and their sizes. */
chan inbox[ENDS] = [GROWN] of { byte, byte };
/* Fragments of an unfinished message that came behind whole ones: consumed once those are taken. */
byte held[ENDS];
/* With KEPT: what has arrived of the unfinished message, and what a side keeps of the call in all. */
byte arrived[ENDS];
byte kept[ENDS];
byte taken[ENDS];
/* Drawn at the start: after how many messages nobody reads on, and whether the slow call is cancelled some time. */
byte limit[ENDS];
bool cancels;
/* The slow call has ended for a side. */
bool ended[2];
/* It was cancelled, and its Cancel has not left. */
bool cancelling;

#define owed_by(w) ((w) < 0 -> 0 - (w) : 0)
#define own_of(w) ((w) > 0 -> (w) : 0)
#define least(a, b) ((a) < (b) -> (a) : (b))
/* What goes beyond a window is of the advance, and comes back with credit, or with the end of the call. */
#define charge(w, advance, n) \
  advance = advance - ((n) > own_of(w) -> (n) - own_of(w) : 0); \
  w = (w) - (n)
#define repay(w, advance, n) \
  advance = advance + least(n, owed_by(w)); \
  w = (w) + (n)
#define forgive(w, advance) \
  advance = advance + owed_by(w); \
  w = own_of(w)

/* `n` units that a side has received are consumed. */
inline consume(side, call, n) {
  consumed[at(side, call)] = consumed[at(side, call)] + n;
  if
#ifdef BROKEN_GRANT
  /* Only once the whole window is consumed. */
  :: consumed[at(side, call)] >= WINDOW -> grant(side, call)
#else
  :: consumed[at(side, call)] >= HALF -> grant(side, call)
#endif
  :: else
  fi
}

inline grant(side, call) {
#ifdef GROW
  if
  /* It may let the window grow. */
  :: allowed[at(side, call)] + consumed[at(side, call)] < GROWN -> consumed[at(side, call)]++
  :: true
  fi;
#endif
  repay(allowed[at(side, call)], lends[side], consumed[at(side, call)]);
#ifdef BROKEN_READ
  /* Reading waits until the Credit is written. */
  wire[side] ! CREDIT, call, consumed[at(side, call)], false;
#else
  owed[at(side, call)] = owed[at(side, call)] + consumed[at(side, call)];
#endif
  consumed[at(side, call)] = 0
}

/* With one way, the slow call has messages from side 1 alone. */
#ifdef ONE_WAY
#define sends(side, call) ((call) != SLOW || (side) == 1)
#else
#define sends(side, call) true
#endif
#define lives(side, call) ((call) != SLOW || !ended[side])
/* What a side may send in a call. */
#define room(side, call) (own_of(window[at(side, call)]) + spare[side])

/* Whether the next fragment of a call may leave, whole or cut. */
#ifdef BROKEN_OVERRUN
/* As soon as anything is left of the window. */
#define fits(side, call) (left[call] > 0 && lives(side, call) && window[at(side, call)] > 0)
#else
#ifdef BROKEN_WAIT
/* It waits until a whole one fits. */
#define fits(side, call) (left[call] > 0 && lives(side, call) && \
  room(side, call) >= least(left[call], FRAGMENT))
#else
#define fits(side, call) (left[call] > 0 && lives(side, call) && \
  (room(side, call) >= least(left[call], FRAGMENT) || window[at(side, call)] > HALF))
#endif
#endif

inline begin(call) {
  begun[call]++;
  if
  :: left[call] = 1
  :: left[call] = LONG
  fi
}

inline cut(side) {
#ifdef BROKEN_OVERRUN
  n = least(left[call], FRAGMENT);
  window[at(side, call)] = (window[at(side, call)] > n -> window[at(side, call)] - n : 0);
#else
  n = least(least(left[call], FRAGMENT), room(side, call));
  charge(window[at(side, call)], spare[side], n);
#endif
  left[call] = left[call] - n
}

inline send(side) {
  wire[side] ! DATA, call, n, (left[call] > 0)
}

/* All that a side writes leaves in one order. */
proctype Writer(byte side) {
  byte left[CALLS];
  byte begun[CALLS];
  byte call, n;
end:
  do
  :: atomic { owed[at(side, 0)] > 0 -> call = 0; n = owed[at(side, 0)]; owed[at(side, 0)] = 0 };
     wire[side] ! CREDIT, call, n, false
#if CALLS > 1
  :: atomic { owed[at(side, 1)] > 0 -> call = 1; n = owed[at(side, 1)]; owed[at(side, 1)] = 0 };
     wire[side] ! CREDIT, call, n, false
  :: atomic { fits(side, 1) -> call = 1; cut(side) }; send(side)
  :: left[1] == 0 && begun[1] < MESSAGES -> begin(1)
#endif
#ifdef CANCEL_CALLS
  /* A Cancel may have to wait: the other side lets so many come at once. */
  :: atomic { side == 0 && cancels && !ended[0] ->
       ended[0] = true; cancelling = true;
#ifdef BROKEN_FORGIVE
       /* What it owes it no longer owes at once. */
       forgive(window[at(0, SLOW)], spare[0]);
#endif
       forgive(allowed[at(0, SLOW)], lends[0]) }
  :: atomic { side == 0 && cancelling -> cancelling = false; forgive(window[at(0, SLOW)], spare[0]) };
     wire[side] ! CANCEL, SLOW, 0, false
#endif
  :: atomic { fits(side, 0) -> call = 0; cut(side) }; send(side)
  :: left[0] == 0 && begun[0] < MESSAGES && sends(side, 0) -> begin(0)
  od
}

/* Reading never waits for writing: whatever a side has to say is left to its writer. */
proctype Reader(byte side) {
  byte call, n;
  bool more;
end:
  do
  :: atomic {
       wire[1 - side] ? DATA, call, n, more ->
       if
       /* Late: it crossed the end of its call. Neither charged nor looked at. */
       :: !lives(side, call)
       :: else ->
          assert(n <= own_of(allowed[at(side, call)]) + lends[side]);
          charge(allowed[at(side, call)], lends[side], n);
#ifdef KEPT
          arrived[at(side, call)] = arrived[at(side, call)] + n;
          kept[at(side, call)] = kept[at(side, call)] + n;
          /* One message that was consumed as it came, a window, and the advance. */
          assert(kept[at(side, call)] <= LONG + WINDOW + ADVANCE);
#endif
          if
#ifdef BROKEN_PARTIAL
          /* It counts once the message is taken. */
          :: more -> held[at(side, call)] = held[at(side, call)] + n
#else
#ifndef BROKEN_KEEP
          :: more && nempty(inbox[at(side, call)]) -> held[at(side, call)] = held[at(side, call)] + n
          :: more && empty(inbox[at(side, call)]) -> consume(side, call, n)
#else
          :: more -> consume(side, call, n)
#endif
#endif
          :: !more ->
             n = n + held[at(side, call)];
             held[at(side, call)] = 0;
             inbox[at(side, call)] ! n, arrived[at(side, call)];
             arrived[at(side, call)] = 0
          fi
       fi
     }
  :: atomic {
       wire[1 - side] ? CREDIT, call, n, more ->
       if
       :: !lives(side, call)
       :: else -> repay(window[at(side, call)], spare[side], n); assert(window[at(side, call)] <= GROWN + WINDOW)
       fi
     }
  :: atomic {
       wire[1 - side] ? CANCEL, call, n, more ->
       ended[side] = true;
       forgive(window[at(side, SLOW)], spare[side]);
       forgive(allowed[at(side, SLOW)], lends[side])
     }
  od
}

/* Takes messages, up to its limit. */
proctype Application(byte side; byte call) {
  byte n, size;
end:
  do
  :: atomic { taken[at(side, call)] < limit[at(side, call)] && nempty(inbox[at(side, call)]) ->
       inbox[at(side, call)] ? n, size;
#ifdef KEPT
       kept[at(side, call)] = kept[at(side, call)] - size;
#endif
       taken[at(side, call)]++;
#ifndef BROKEN_PARTIAL
       if
       :: empty(inbox[at(side, call)]) -> n = n + held[at(side, call)]; held[at(side, call)] = 0
       :: nempty(inbox[at(side, call)])
       fi;
#endif
       consume(side, call, n) }
  od
}

/* Somebody who reads on has taken everything, and so have all that are not in the slow call. */
#define settled(side, call) (taken[at(side, call)] == limit[at(side, call)] || !sends(1 - (side), call) || \
  ((call) == SLOW && ended[side]))

inline drawLimits() {
  byte i;
  for (i : 0 .. ENDS - 1) { limit[i] = MESSAGES };
#ifdef STOPS
  if :: limit[at(0, SLOW)] = 0 :: limit[at(0, SLOW)] = 1 :: skip fi;
#ifndef ONE_WAY
  if :: limit[at(1, SLOW)] = 0 :: skip fi;
#endif
#endif
#ifdef CANCEL_CALLS
  if :: cancels = true :: skip fi
#endif
}

init {
  atomic {
    drawLimits();
    run Writer(0); run Writer(1);
    run Reader(0); run Reader(1);
    run Application(0, 0); run Application(1, 0);
#if CALLS > 1
    run Application(0, 1); run Application(1, 1)
#endif
  };
  /* Nothing can happen any more. */
  timeout ->
  assert(settled(0, 0) && settled(1, 0));
#if CALLS > 1
  assert(settled(0, 1) && settled(1, 1))
#endif
}
