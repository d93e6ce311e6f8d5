/* The microphone as pieces of samples; and samples as the 16-bit PCM that the service takes. */

export function pcm(samples) {
  const out = new Int16Array(samples.length);
  for (let at = 0; at < samples.length; at += 1) {
    out[at] = Math.max(-32768, Math.min(32767, Math.round(samples[at] * 32768)));
  }
  return out.buffer;
}

export function level(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const decibels = 10 * Math.log10(sum / samples.length + 1e-10);
  return Math.max(0, Math.min(1, (decibels + 60) / 55));
}

const REASONS = {
  NotAllowedError: "The microphone was not allowed. Allow it in the browser's address bar, then try again.",
  NotFoundError: "There is no microphone here. Take a file instead.",
  NotReadableError: "Another program has the microphone. Close it, then try again.",
};

/* Opens the microphone; `hear` gets every piece (Float32Array) at `rate`. */
export async function openMicrophone(hear) {
  if (!navigator.mediaDevices) {
    throw new Error("Browsers give the microphone to https pages and to localhost alone. Open the portal by one of these.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true },
    });
  } catch (error) {
    throw new Error(REASONS[error.name] ?? `The microphone cannot be opened: ${error.message}`);
  }
  const context = new AudioContext();
  await context.audioWorklet.addModule(new URL("./microphone-worklet.js", import.meta.url));
  const source = context.createMediaStreamSource(stream);
  const worklet = new AudioWorkletNode(context, "samples", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
  worklet.port.onmessage = (event) => hear(event.data);
  source.connect(worklet);
  return {
    rate: context.sampleRate,
    async close() {
      worklet.port.onmessage = null;
      for (const track of stream.getTracks()) track.stop();
      await context.close();
    },
  };
}
