// Passkeys: makes one, or asks for one, and sends what the device says with the form. Forms: data-passkey = create, get
// (options stand in the page) or enter (options are fetched when the button is pressed: nobody is known yet).

const problem = document.querySelector("[data-passkey-problem]");

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const named = (credentials) => credentials?.map((each) => ({ ...each, id: bytes(each.id) }));

function written(credential) {
  const said = credential.response;
  const response = { clientDataJSON: text(said.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (said[name]) response[name] = text(said[name]);
  }
  if (said.getTransports) response.transports = said.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

function create(options, alone) {
  const publicKey = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) } };
  publicKey.excludeCredentials = named(options.excludeCredentials);
  publicKey.authenticatorSelection = {
    ...options.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: alone,
    ...(alone && { userVerification: "required" }),
  };
  return navigator.credentials.create({ publicKey });
}

function get(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials) };
  return navigator.credentials.get({ publicKey });
}

const inPage = () => JSON.parse(document.getElementById("passkey-options").textContent);

async function fetched(form) {
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

const ASKED = {
  create: (form) => create(inPage().creation_options.publicKey, form.elements.passwordless.checked),
  get: () => get(inPage().request_options.publicKey),
  enter: async (form) => get((await fetched(form)).request_options.publicKey),
};
const WORDS = { SecurityError: "address", InvalidStateError: "known", NotAllowedError: "stopped", AbortError: "stopped" };

function say(word) {
  problem.textContent = problem.dataset[word];
  problem.hidden = false;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) {
    if (form.dataset.passkey !== "enter") say("missing");
    continue;
  }
  form.hidden = false;
  for (const button of document.querySelectorAll("button[disabled]")) if (button.form === form) button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    problem.hidden = true;
    try {
      form.elements.credential.value = written(await ASKED[form.dataset.passkey](form));
    } catch (error) {
      say(WORDS[error.name] ?? "failed");
      return;
    }
    form.submit();
  });
}
