/** Two soft notes for a message that arrives while nobody looks; no sound file, nothing to load. */

const NOTES: [pitch: number, after: number][] = [
  [660, 0],
  [880, 0.12],
];

let context: AudioContext | null = null;

export function chime(): void {
  // Without a click in the frame first, browsers keep it silent: then there is nothing to play on.
  if (!navigator.userActivation?.hasBeenActive) return;
  context ??= new AudioContext();
  for (const [pitch, after] of NOTES) {
    const start = context.currentTime + after;
    const tone = new OscillatorNode(context, { type: "sine", frequency: pitch });
    const loudness = new GainNode(context, { gain: 0 });
    loudness.gain.setValueAtTime(0, start);
    loudness.gain.linearRampToValueAtTime(0.08, start + 0.02);
    loudness.gain.exponentialRampToValueAtTime(0.0001, start + 0.35);
    tone.connect(loudness).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.4);
  }
}
